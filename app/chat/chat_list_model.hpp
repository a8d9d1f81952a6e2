#pragma once

#include <QAbstractListModel>
#include <QList>
#include <QTimer>
#include <QtQml/qqmlregistration.h>

#include "storage/chat_summary.hpp"

class Store;

/// The chats at the left, newest first; what a search found while there is a query. GUI thread.
class ChatListModel : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("made in main.cpp")
    Q_PROPERTY(QString query READ query WRITE setQuery NOTIFY queryChanged)
    Q_PROPERTY(int count READ count NOTIFY countChanged)
public:
    enum Role {
        ChatIdRole = Qt::UserRole + 1,
        TitleRole,
        SectionRole, ///< string: "Today", "Yesterday", "Previous 7 days", "Earlier"; one section while searching
        IsCurrentRole,
        SnippetRole, ///< string: words around a search hit, else empty
    };

    /// `store` must outlive it.
    explicit ChatListModel(Store& store, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : count(); }
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    QString query() const { return m_query; }
    void setQuery(const QString& query);
    int count() const { return int(m_chats.size()); }

    /// Reads the list anew.
    void reload();
    /// A chat is new or has a new message or name; it moves to the top when its time is the newest.
    void put(const ChatSummary& chat);
    void rename(qint64 chatId, const QString& title);
    void remove(qint64 chatId);
    void setCurrent(qint64 chatId);
    /// The newest chat, or 0.
    qint64 newest() const { return m_chats.isEmpty() ? 0 : m_chats.first().id; }
    ChatSummary chat(qint64 chatId) const;

signals:
    void queryChanged();
    void countChanged();
    /// The list was read.
    void loaded();

private:
    int rowOf(qint64 chatId) const;
    void show(const QList<ChatSummary>& chats);
    void waitForMidnight();
    QString sectionOf(const ChatSummary& chat) const;

    Store& m_store;
    QList<ChatSummary> m_chats;
    QString m_query;
    qint64 m_current = 0;
    quint64 m_request = 0; ///< the newest; answers to older ones are dropped
    QTimer m_midnight;     ///< "Today" becomes "Yesterday"
};
