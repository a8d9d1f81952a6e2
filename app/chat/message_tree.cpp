#include "chat/message_tree.hpp"

#include <algorithm>

void MessageTree::clear()
{
    *this = {};
}

void MessageTree::reset(const QList<Message>& messages, qint64 leaf)
{
    clear();
    for (const Message& message : messages)
        insert(message);
    m_leaf = contains(leaf) ? leaf : newestLeaf(0);
}

void MessageTree::insert(const Message& message)
{
    QList<qint64>& siblings = m_children[message.parentId];
    siblings.insert(std::ranges::lower_bound(siblings, message.id), message.id);
    m_messages.insert(message.id, message);
}

void MessageTree::add(const Message& message)
{
    insert(message);
    m_leaf = message.id;
}

void MessageTree::update(const Message& message)
{
    if (const auto known = m_messages.find(message.id); known != m_messages.end())
        *known = message;
}

Message MessageTree::message(qint64 id) const
{
    Message message = m_messages.value(id);
    if (message.id != 0) {
        const QList<qint64> siblings = m_children.value(message.parentId);
        message.siblingIndex = int(siblings.indexOf(id));
        message.siblingCount = int(siblings.size());
    }
    return message;
}

QList<Message> MessageTree::pathTo(qint64 id) const
{
    QList<Message> path;
    while (contains(id)) {
        path << message(id);
        if (path.last().parentId >= id) // a damaged tree could go in a circle
            break;
        id = path.last().parentId;
    }
    std::ranges::reverse(path);
    return path;
}

qint64 MessageTree::sibling(qint64 id, int delta) const
{
    const Message known = message(id);
    if (known.id == 0)
        return 0;
    const QList<qint64> siblings = m_children.value(known.parentId);
    return siblings.value(known.siblingIndex + delta, 0);
}

qint64 MessageTree::newestLeaf(qint64 id) const
{
    for (;;) {
        const auto below = m_children.constFind(id);
        if (below == m_children.cend() || below->isEmpty() || below->last() <= id)
            return id;
        id = below->last();
    }
}
