#pragma once

#include <QAbstractListModel>
#include <QPointer>
#include <QtQml/qqmlregistration.h>

#include "settings/settings.hpp"

/// The samplers beyond the common few, one row a number, with what each does. GUI thread.
class SamplerModel : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(Settings* settings READ settings WRITE setSettings NOTIFY settingsChanged REQUIRED)
    /// Rows whose value is not the default.
    Q_PROPERTY(int nChanged READ nChanged NOTIFY nChangedChanged)
public:
    enum Role { LabelRole = Qt::UserRole, ExplanationRole, ValueRole, FromRole, ToRole, DecimalsRole };

    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    Settings* settings() const { return m_settings; }
    void setSettings(Settings* settings);
    int nChanged() const;
    /// Kept within the row's range, and stored.
    Q_INVOKABLE void setValue(int row, double value);
    /// Every row back to its default.
    Q_INVOKABLE void reset();

signals:
    void settingsChanged();
    void nChangedChanged();

private:
    QPointer<Settings> m_settings;
};
