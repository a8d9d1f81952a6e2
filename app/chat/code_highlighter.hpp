#pragma once

#include <QList>
#include <QObject>
#include <QString>
#include <QStringList>
#include <QThreadPool>

#include <memory>

#include "chat/conversation_text.hpp"

/// Colours code line by line, each line once: the state after a line is kept, so that a growing block costs its new
/// lines only. Blocks are told apart by a key that the caller chooses. Works on one short-lived thread, where syntax
/// definitions are also loaded (tens of milliseconds the first time); results come back in order on the caller's
/// thread.
class CodeHighlighter : public QObject
{
    Q_OBJECT
public:
    /// Runs per line; their `style` is a KSyntaxHighlighting::Theme::TextStyle.
    using Lines = QList<QList<TextRun>>;

    explicit CodeHighlighter(QObject* parent = nullptr);
    ~CodeHighlighter() override;

    /// Asks for lines that follow those asked for before; `unfinished` may still grow and is not remembered.
    /// firstLine 0 starts the block anew.
    void highlight(quint64 key, const QString& language, int firstLine, const QStringList& lines,
                   const QString& unfinished = {});
    void forget(quint64 key);
    /// The same, at once, on this thread: for tests.
    static Lines highlightNow(const QString& language, const QStringList& lines);
    /// Whether a language is known by this name, as "python", "py" or "c++".
    static bool knows(const QString& language);

signals:
    void highlighted(quint64 key, int firstLine, const CodeHighlighter::Lines& lines, const QList<TextRun>& unfinished);

private:
    struct Worker;
    std::shared_ptr<Worker> m_worker; // touched by pool tasks only, one at a time
    QThreadPool m_pool;               // last: its destructor waits for the tasks
};
