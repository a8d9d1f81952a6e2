#pragma once

#include <QAbstractListModel>
#include <QtQml/qqmlregistration.h>

/// The help topics and shortcuts of resources/help/facts.json, the same file that taught the built-in model.
class HelpModel : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("made in main.cpp")
    Q_PROPERTY(QString query READ query WRITE setQuery NOTIFY queryChanged)
public:
    enum Role { SectionRole = Qt::UserRole, TitleRole, BodyRole };

    /// Reads the facts from `file`, as a rule the program's own resource.
    explicit HelpModel(const QString& file, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    QString query() const { return m_query; }
    /// Keeps topics whose title or body contains every word.
    void setQuery(const QString& query);

    struct Shortcut {
        QString id, keys, action;
    };
    const QList<Shortcut>& shortcuts() const { return m_shortcuts; }

signals:
    void queryChanged();

private:
    struct Topic {
        QString section, title, body;
    };
    QList<Topic> m_topics;
    QList<qsizetype> m_shown;
    QList<Shortcut> m_shortcuts;
    QString m_query;
};
