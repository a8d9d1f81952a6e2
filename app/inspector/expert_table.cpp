#include "inspector/expert_table.hpp"

#include <QLocale>

#include "inspector/route_text.hpp"
#include "inspector/routing_metrics.hpp"

#include <algorithm>
#include <numeric>

void ExpertTable::setHistory(std::shared_ptr<const RoutingHistory> history)
{
    beginResetModel();
    m_history = std::move(history);
    m_order.resize(m_history ? m_history->counts().size() : 0);
    std::iota(m_order.begin(), m_order.end(), 0);
    sortRows();
    endResetModel();
}

void ExpertTable::refresh()
{
    if (m_order.empty())
        return;
    if (m_sortColumn != Layer && m_sortColumn != Expert) {
        emit layoutAboutToBeChanged();
        sortRows();
        emit layoutChanged();
    }
    emit dataChanged(index(0, Count), index(int(m_order.size()) - 1, LastWeight));
}

void ExpertTable::sortBy(int column)
{
    if (column < 0 || column >= ColumnCount)
        return;
    // Figures are asked for from the highest down, places from the first on.
    m_descending = column == m_sortColumn ? !m_descending : column >= Count;
    m_sortColumn = column;
    emit layoutAboutToBeChanged();
    sortRows();
    emit layoutChanged();
    emit sortChanged();
}

double ExpertTable::figure(int cell, int column) const
{
    const int experts = m_history->shape().nExperts;
    switch (column) {
    case Layer:
        return cell / experts;
    case Expert:
        return cell % experts;
    case LastWeight:
        return double(m_history->lastWeights()[size_t(cell)]);
    default: // share and lift rise with the count
        return m_history->counts()[size_t(cell)];
    }
}

void ExpertTable::sortRows()
{
    std::sort(m_order.begin(), m_order.end(), [this](int a, int b) {
        const double left = figure(a, m_sortColumn), right = figure(b, m_sortColumn);
        if (left != right)
            return m_descending ? left > right : left < right;
        return a < b;
    });
}

int ExpertTable::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_order.size());
}

int ExpertTable::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant ExpertTable::data(const QModelIndex& index, int role) const
{
    if (role != Qt::DisplayRole || !checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const int cell = m_order[size_t(index.row())];
    const RoutingShape& shape = m_history->shape();
    const quint32 count = m_history->counts()[size_t(cell)];
    const bool any = m_history->rows() > 0;
    switch (index.column()) {
    case Layer:
        return QLocale().toString(shape.moeLayers[cell / shape.nExperts]);
    case Expert:
        return QLocale().toString(cell % shape.nExperts);
    case Count:
        return RouteText::integer(count);
    case Share:
        return any ? RouteText::percent(double(count) / double(m_history->rows()), 1) : tr("no data");
    case Lift:
        return any ? RouteText::significant(fairShareRatio(count, m_history->rows(), shape)) + u'×' : tr("no data");
    case LastWeight:
        return count > 0 ? RouteText::significant(double(m_history->lastWeights()[size_t(cell)]))
                         : tr("none", "weight");
    default:
        return {};
    }
}

QVariant ExpertTable::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Layer:
        return tr("Layer");
    case Expert:
        return tr("Expert");
    case Count:
        return tr("Uses");
    case Share:
        return tr("Tokens");
    case Lift:
        return tr("Fair share");
    case LastWeight:
        return tr("Weight");
    default:
        return {};
    }
}

QString ExpertTable::help(int column) const
{
    switch (column) {
    case Layer:
        return tr("Layer of the model, counted from 0 at the input.");
    case Expert:
        return tr("Number of the expert in its layer.");
    case Count:
        return tr("How many tokens of this answer, prompt included, used the expert.");
    case Share:
        return tr("Uses as a share of all tokens.");
    case Lift:
        return tr("Uses against a router that spreads its picks evenly: 1× is a fair share.");
    case LastWeight:
        return tr("The router's weight when the expert was last used.");
    default:
        return {};
    }
}
