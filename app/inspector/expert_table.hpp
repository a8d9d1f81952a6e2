#pragma once

#include <QAbstractTableModel>
#include <QtQml/qqmlregistration.h>

#include <memory>

#include "inspector/routing_history.hpp"

/// The map as a table, for reading exact values and for screen readers: one row an expert of a MoE layer. GUI thread.
class ExpertTable : public QAbstractTableModel
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("owned by Inspector")
    Q_PROPERTY(int sortColumn READ sortColumn NOTIFY sortChanged)
    Q_PROPERTY(bool descending READ descending NOTIFY sortChanged)
public:
    enum Column { Layer, Expert, Count, Share, Lift, LastWeight, ColumnCount };
    Q_ENUM(Column)

    using QAbstractTableModel::QAbstractTableModel;

    int sortColumn() const { return m_sortColumn; }
    bool descending() const { return m_descending; }
    /// Sorts by a column; the same one again turns the order round.
    Q_INVOKABLE void sortBy(int column);
    /// One sentence for a heading.
    Q_INVOKABLE QString help(int column) const;

    /// Reads from now on from this history.
    void setHistory(std::shared_ptr<const RoutingHistory> history);
    /// Call when the history has grown, a few times a second at most: O(rows · log rows) when sorted by a figure.
    void refresh();

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

signals:
    void sortChanged();

private:
    double figure(int cell, int column) const;
    void sortRows();

    std::shared_ptr<const RoutingHistory> m_history;
    std::vector<int> m_order; ///< row -> cell
    int m_sortColumn = Layer;
    bool m_descending = false;
};
