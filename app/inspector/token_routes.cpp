#include "inspector/token_routes.hpp"

#include <QLocale>

#include <algorithm>

void TokenRoutes::show(const RoutingHistory& history, const std::optional<RouteRow>& row, int moeLayer)
{
    std::vector<Route> routes;
    if (row && moeLayer >= 0 && moeLayer < history.moeLayers()) {
        const RoutingShape& shape = history.shape();
        const size_t k = size_t(shape.nExpertsUsed);
        const int groupSize =
            shape.nGroup > 1 && shape.nExperts % shape.nGroup == 0 ? shape.nExperts / shape.nGroup : 0;
        const float largest = std::max(1e-9F, *std::max_element(row->weights.begin(), row->weights.end()));
        for (size_t i = size_t(moeLayer) * k; i < size_t(moeLayer + 1) * k; ++i) {
            routes.push_back({row->ids[i], row->weights[i], std::clamp(double(row->weights[i] / largest), 0.0, 1.0),
                              groupSize > 0 ? row->ids[i] / groupSize : -1});
        }
    }
    if (routes == m_routes)
        return;
    if (routes.size() != m_routes.size()) {
        beginResetModel();
        m_routes = std::move(routes);
        endResetModel();
        return;
    }
    m_routes = std::move(routes);
    emit dataChanged(index(0), index(int(m_routes.size()) - 1));
}

int TokenRoutes::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_routes.size());
}

QVariant TokenRoutes::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Route& route = m_routes[size_t(index.row())];
    switch (role) {
    case ExpertRole:
        return route.expert;
    case WeightRole:
        return double(route.weight);
    case WeightTextRole:
        return QLocale().toString(double(route.weight), 'f', 3);
    case FractionRole:
        return route.fraction;
    case GroupRole:
        return route.group;
    default:
        return {};
    }
}

QHash<int, QByteArray> TokenRoutes::roleNames() const
{
    return {{ExpertRole, "expert"},
            {WeightRole, "weight"},
            {WeightTextRole, "weightText"},
            {FractionRole, "fraction"},
            {GroupRole, "group"}};
}
