#include "chat/code_highlighter.hpp"

#include <QHash>

#include <KSyntaxHighlighting/AbstractHighlighter>
#include <KSyntaxHighlighting/Definition>
#include <KSyntaxHighlighting/Format>
#include <KSyntaxHighlighting/Repository>
#include <KSyntaxHighlighting/State>

namespace
{
using namespace KSyntaxHighlighting;

// A line this long is data, not code: regular expressions over it could take seconds.
constexpr qsizetype kMaxLine = 2000;

class LineHighlighter : public AbstractHighlighter
{
public:
    State highlight(const QString& line, const State& state, QList<TextRun>& runs)
    {
        m_runs = &runs;
        return line.size() > kMaxLine ? state : highlightLine(line, state);
    }

protected:
    void applyFormat(int offset, int length, const Format& format) override
    {
        if (length <= 0 || format.textStyle() == Theme::Normal)
            return;
        const auto style = static_cast<qint16>(format.textStyle());
        if (!m_runs->isEmpty() && m_runs->back().style == style &&
            m_runs->back().start + m_runs->back().length == offset)
            m_runs->back().length += length;
        else
            m_runs->append({.start = offset, .length = length, .style = style});
    }

private:
    QList<TextRun>* m_runs = nullptr;
};

Definition definitionOf(const Repository& repository, const QString& language)
{
    const QString name = language.trimmed().toLower();
    if (name.isEmpty())
        return {};
    if (Definition d = repository.definitionForName(name); d.isValid())
        return d;
    return repository.definitionForFileName(QStringLiteral("x.") + name);
}
} // namespace

struct CodeHighlighter::Worker {
    struct Block {
        Definition definition;
        State state;
        int lines = 0;
    };
    Repository repository;
    LineHighlighter highlighter;
    QHash<quint64, Block> blocks;

    std::pair<Lines, QList<TextRun>> run(quint64 key, const QString& language, int firstLine, const QStringList& lines,
                                         const QString& unfinished)
    {
        Block& block = blocks[key];
        if (firstLine == 0)
            block = {definitionOf(repository, language), {}, 0};
        Lines done(lines.size());
        QList<TextRun> last;
        if (!block.definition.isValid() || block.lines != firstLine)
            return {done, last};
        highlighter.setDefinition(block.definition);
        for (qsizetype i = 0; i < lines.size(); ++i)
            block.state = highlighter.highlight(lines[i], block.state, done[i]);
        block.lines += static_cast<int>(lines.size());
        if (!unfinished.isEmpty())
            highlighter.highlight(unfinished, block.state, last);
        return {done, last};
    }
};

CodeHighlighter::CodeHighlighter(QObject* parent) : QObject(parent)
{
    m_pool.setMaxThreadCount(1); // keeps the order
    m_pool.setExpiryTimeout(5000);
}

CodeHighlighter::~CodeHighlighter()
{
    m_pool.clear();
    m_pool.waitForDone();
}

void CodeHighlighter::highlight(quint64 key, const QString& language, int firstLine, const QStringList& lines,
                                const QString& unfinished)
{
    m_pool.start([this, key, language, firstLine, lines, unfinished] {
        if (!m_worker)
            m_worker = std::make_shared<Worker>();
        auto [done, last] = m_worker->run(key, language, firstLine, lines, unfinished);
        QMetaObject::invokeMethod(
            this,
            [this, key, firstLine, done = std::move(done), last = std::move(last)] {
                emit highlighted(key, firstLine, done, last);
            },
            Qt::QueuedConnection);
    });
}

void CodeHighlighter::forget(quint64 key)
{
    m_pool.start([this, key] {
        if (m_worker)
            m_worker->blocks.remove(key);
    });
}

CodeHighlighter::Lines CodeHighlighter::highlightNow(const QString& language, const QStringList& lines)
{
    return Worker().run(0, language, 0, lines, {}).first;
}

bool CodeHighlighter::knows(const QString& language)
{
    return definitionOf(Repository(), language).isValid();
}
