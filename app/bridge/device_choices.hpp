#pragma once

#include <QObject>
#include <QStringList>
#include <QThreadPool>
#include <QtQml/qqmlregistration.h>

/// What models can compute on: the processor, and the GPUs that a driver tells of. They are looked for on a worker,
/// since that starts the driver. GUI thread.
class DeviceChoices : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(QStringList names READ names NOTIFY changed)
    Q_PROPERTY(QStringList descriptions READ descriptions NOTIFY changed)
    Q_PROPERTY(QString status READ status NOTIFY changed)
public:
    explicit DeviceChoices(QObject* parent = nullptr);
    ~DeviceChoices() override;

    const QStringList& names() const { return m_names; } ///< as settings keep them: "cpu", "cuda:0"
    const QStringList& descriptions() const { return m_descriptions; }
    const QString& status() const { return m_status; } ///< why there are no GPUs; empty: not looked yet, or there are

    /// Looks once; later calls do nothing.
    Q_INVOKABLE void look();

signals:
    void changed();

private:
    QStringList m_names{QStringLiteral("cpu")}, m_descriptions;
    QString m_status;
    bool m_looked = false;
    QThreadPool m_pool; ///< last: its thread ends before the members it reports to
};
