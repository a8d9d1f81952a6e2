#include "bridge/recorded_text.hpp"

#include "conclave/trace.hpp"

QByteArray RecordedText::next(const conclave::TraceToken& token)
{
    const auto append = [](QByteArray& to, std::string_view text) { to.append(text.data(), qsizetype(text.size())); };
    QByteArray text;
    append(text, m_stream.push(token.text));
    // A run that was stopped or cut short never said what its last bytes came to.
    const bool ended = m_trace.end && m_trace.end->stop != "stopped";
    if (ended && &token == &m_trace.tokens.back())
        append(text, m_stream.finish());
    return text;
}
