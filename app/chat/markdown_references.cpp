// Link definitions, and the rows that wait for one.
#include <algorithm>
#include <optional>
#include <utility>

#include "chat/markdown_blocks.hpp"
#include "chat/markdown_lines.hpp"

bool MarkdownBlocks::takeDefinition(QByteArrayView line)
{
    std::optional<markdown::Definition> found = markdown::linkDefinition(line);
    if (!found)
        return false;
    const QByteArray label = markdown::normalizedLabel(found->label);
    if (label.isEmpty() || m_definitions.contains(label))
        return !label.isEmpty();
    m_definitions.insert(label, {std::move(found->destination), std::move(found->title)});
    const std::vector<int> waiting = m_unresolved.take(label);
    m_redefined.insert(m_redefined.end(), waiting.begin(), waiting.end());
    return true;
}

const MarkdownBlocks::LinkDefinition* MarkdownBlocks::definition(QByteArrayView label) const
{
    if (m_definitions.isEmpty())
        return nullptr;
    const auto found = m_definitions.constFind(markdown::normalizedLabel(label));
    return found == m_definitions.cend() ? nullptr : &*found;
}

std::vector<int> MarkdownBlocks::takeRedefinedRows()
{
    std::ranges::sort(m_redefined);
    const auto [first, last] = std::ranges::unique(m_redefined);
    m_redefined.erase(first, last);
    return std::exchange(m_redefined, {});
}

void MarkdownBlocks::noteReferences(quint32 row)
{
    const MarkdownRow& r = m_rows[row];
    if (r.kind == MarkdownKind::Code || r.kind == MarkdownKind::Rule || r.lineCount == 0)
        return;
    const MarkdownLine range{m_lines[r.firstLine].begin, m_lines[r.firstLine + r.lineCount - 1].end};
    if (!text(range).contains('['))
        return;
    for (const QByteArrayView label : markdown::labelCandidates(text(range))) {
        QByteArray key = markdown::normalizedLabel(label);
        if (!m_definitions.contains(key))
            m_unresolved[std::move(key)].push_back(static_cast<int>(row));
    }
}
