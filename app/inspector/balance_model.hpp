#pragma once

#include <QAbstractListModel>
#include <QtQml/qqmlregistration.h>

#include "inspector/chance_bands.hpp"
#include "inspector/routing_metrics.hpp"

/// The balance figures of a run, each with what chance would give. Empty before the first token. GUI thread.
class BalanceModel : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("owned by Inspector")
public:
    enum Role {
        NameRole = Qt::UserRole + 1,
        ValueTextRole,
        ChanceTextRole, ///< "chance 1.42 – 1.88"; says so while it is being worked out
        VerdictRole,    ///< "within chance", "above chance" or "below chance"; empty while unknown
        HelpRole,
        ValueRole,
        LowRole, ///< ends of the band; NaN while unknown
        HighRole,
    };

    using QAbstractListModel::QAbstractListModel;

    void show(const RoutingShape& shape, const std::optional<BalanceFigures>& figures,
              const std::optional<ChanceBand>& chance);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

private:
    struct Figure {
        QString name, valueText, chanceText, verdict, help;
        double value = 0, low = 0, high = 0;
    };
    std::vector<Figure> m_figures;
};
