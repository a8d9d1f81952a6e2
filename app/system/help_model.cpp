#include "system/help_model.hpp"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

HelpModel::HelpModel(const QString& file, QObject* parent) : QAbstractListModel(parent)
{
    QFile source(file);
    if (!source.open(QIODevice::ReadOnly)) {
        return; // the model stays empty and the help says so
    }
    const QJsonObject facts = QJsonDocument::fromJson(source.readAll()).object();
    QStringList lines;
    const QJsonArray shortcuts = facts.value(u"shortcuts").toArray();
    for (const QJsonValue& entry : shortcuts) {
        const Shortcut s{entry[u"id"].toString(), entry[u"keys"].toString(), entry[u"action"].toString()};
        m_shortcuts.append(s);
        lines.append(QStringLiteral("%1\t%2").arg(s.keys, s.action));
    }
    m_topics.append({tr("Shortcuts"), tr("Keyboard shortcuts"), lines.join(u'\n')});
    const QJsonArray topics = facts.value(u"topics").toArray();
    for (const QJsonValue& topic : topics) {
        m_topics.append({topic[u"section"].toString(), topic[u"title"].toString(), topic[u"body"].toString()});
    }
    // Sections together, in the order in which they first appear.
    QStringList order;
    for (const Topic& topic : std::as_const(m_topics)) {
        if (!order.contains(topic.section)) {
            order.append(topic.section);
        }
    }
    std::ranges::stable_sort(m_topics, {}, [&order](const Topic& topic) { return order.indexOf(topic.section); });
    for (qsizetype i = 0; i < m_topics.size(); ++i) {
        m_shown.append(i);
    }
}

int HelpModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_shown.size());
}

QVariant HelpModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= m_shown.size()) {
        return {};
    }
    const Topic& topic = m_topics.at(m_shown.at(index.row()));
    switch (role) {
    case SectionRole:
        return topic.section;
    case TitleRole:
        return topic.title;
    case BodyRole:
        return topic.body;
    default:
        return {};
    }
}

QHash<int, QByteArray> HelpModel::roleNames() const
{
    return {{SectionRole, "section"}, {TitleRole, "title"}, {BodyRole, "body"}};
}

void HelpModel::setQuery(const QString& query)
{
    if (query == m_query) {
        return;
    }
    m_query = query;
    const QStringList words = query.split(u' ', Qt::SkipEmptyParts);
    beginResetModel();
    m_shown.clear();
    for (qsizetype i = 0; i < m_topics.size(); ++i) {
        const QString text = m_topics.at(i).title + u' ' + m_topics.at(i).body;
        if (std::ranges::all_of(words,
                                [&text](const QString& word) { return text.contains(word, Qt::CaseInsensitive); })) {
            m_shown.append(i);
        }
    }
    endResetModel();
    emit queryChanged();
}
