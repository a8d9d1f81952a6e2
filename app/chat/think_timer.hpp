#pragma once

#include <QString>

#include <optional>

/// Measures how long an answer thinks: from <think> (or its beginning, when the prompt opened it) to </think>. Looks at
/// each piece of text once.
class ThinkTimer
{
public:
    /// The prompt ended inside <think>; the clock starts with the first token.
    void openAtStart() { m_opened = true; }
    void add(const QString& text, qint64 tNs);
    /// Absent until </think> was seen.
    std::optional<double> thinkMs() const;

private:
    bool m_opened = false, m_closed = false;
    std::optional<qint64> m_beginNs;
    qint64 m_endNs = 0;
    QString m_tail; ///< the end of the text so far: a tag may come in pieces
};
