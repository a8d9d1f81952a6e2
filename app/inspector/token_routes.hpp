#pragma once

#include <QAbstractListModel>
#include <QtQml/qqmlregistration.h>

#include "inspector/routing_history.hpp"

/// The experts of one token in one MoE layer, best first. GUI thread.
class TokenRoutes : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("owned by Inspector")
public:
    enum Role { ExpertRole = Qt::UserRole + 1, WeightRole, WeightTextRole, FractionRole, GroupRole };

    using QAbstractListModel::QAbstractListModel;

    /// Shows a row; nothing when it is absent. Bars are drawn against the token's largest weight in any layer, so that
    /// layers can be compared.
    void show(const RoutingHistory& history, const std::optional<RouteRow>& row, int moeLayer);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

private:
    struct Route {
        int expert = 0;
        float weight = 0;
        double fraction = 0;
        int group = -1; ///< -1: the model has no groups
        bool operator==(const Route&) const = default;
    };
    std::vector<Route> m_routes;
};
