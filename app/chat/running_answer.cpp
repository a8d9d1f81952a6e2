#include "chat/running_answer.hpp"

using namespace Qt::StringLiterals;

void RunningAnswer::begin(const RunPrompt& prompt)
{
    m_promptTokens = int(prompt.ids.size());
    if (prompt.opensThinking) {
        // The tag is part of the prompt; without it in the text nobody could tell the thinking from the answer later.
        m_text = u"<think>"_s;
        m_think.openAtStart();
    }
}

void RunningAnswer::add(const RunToken& token)
{
    if (!m_firstTokenMs)
        m_firstTokenMs = double(token.tNs) / 1e6;
    ++m_tokens;
    m_text += token.text;
    m_think.add(token.text, token.tNs);
    m_rate.add(token.tNs);
}

std::optional<RunningAnswer::Chunk> RunningAnswer::takeChunk()
{
    if (m_taken == m_text.size())
        return std::nullopt;
    Chunk chunk{m_seq++, m_text.sliced(m_taken)};
    m_taken = m_text.size();
    return chunk;
}

Message RunningAnswer::snapshot() const
{
    Message message = m_message;
    message.text = QString(m_text.constData(), m_text.size()); // a shared copy would make the next token copy the whole
    message.promptTokens = m_promptTokens;
    return message;
}

Message RunningAnswer::ended(MessageState state) const
{
    Message message = m_message;
    message.text = m_text;
    message.promptTokens = m_promptTokens;
    message.state = state;
    message.stats.ttftMs = m_firstTokenMs;
    message.stats.nGenerated = m_tokens;
    message.stats.thinkMs = m_think.thinkMs();
    if (m_promptTokens > 0)
        message.stats.nPrompt = m_promptTokens;
    return message;
}

Message RunningAnswer::finished(const RunFinished& end) const
{
    Message message = ended(end.stop == "stopped"_L1 ? MessageState::Stopped : MessageState::Complete);
    message.stats.decodeTps = end.decodeTps;
    message.stats.prefillTps = end.prefillTps;
    message.stats.stop = end.stop;
    if (end.nGenerated > 0) {
        message.stats.ttftMs = end.ttftMs;
        message.stats.nPrompt = end.nPrompt;
        message.stats.nCached = end.nCached;
        message.stats.nGenerated = end.nGenerated;
        message.stats.seed = end.seed;
        message.stats.sumCounts = end.sumCounts;
    }
    return message;
}

Message RunningAnswer::failed(const QString& sentence) const
{
    Message message = ended(MessageState::Failed);
    message.error = sentence;
    return message;
}

Message RunningAnswer::interrupted() const
{
    return ended(MessageState::Interrupted);
}
