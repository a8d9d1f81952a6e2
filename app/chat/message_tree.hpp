#pragma once

#include <QHash>
#include <QList>

#include "storage/message.hpp"

/// The messages of one chat with all their versions, and the branch that is shown. Plain data; every message's id is
/// larger than its parent's.
class MessageTree
{
public:
    void clear();
    /// `leaf` is the last message shown; the newest branch when it is not there.
    void reset(const QList<Message>& messages, qint64 leaf);

    bool isEmpty() const { return m_messages.isEmpty(); }
    qint64 leaf() const { return m_leaf; } ///< 0: before the first message
    void setLeaf(qint64 id) { m_leaf = id; }

    /// Adds a message below its parent; the branch that is shown stays.
    void insert(const Message& message);
    /// The same, and shows it as the end of the branch.
    void add(const Message& message);
    /// Replaces a message of the same id; nothing when there is none.
    void update(const Message& message);

    bool contains(qint64 id) const { return m_messages.contains(id); }
    /// With its number among its versions. An unknown id gives a message with id 0.
    Message message(qint64 id) const;
    /// From the first message to the leaf.
    QList<Message> path() const { return pathTo(m_leaf); }
    QList<Message> pathTo(qint64 id) const;
    /// The version `delta` further on, or 0.
    qint64 sibling(qint64 id, int delta) const;
    /// The newest end below a message; 0: of the whole tree.
    qint64 newestLeaf(qint64 id) const;

private:
    QHash<qint64, Message> m_messages;
    QHash<qint64, QList<qint64>> m_children; ///< in rising order
    qint64 m_leaf = 0;
};
