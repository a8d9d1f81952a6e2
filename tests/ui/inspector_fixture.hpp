#pragma once

#include <QObject>
#include <QTemporaryDir>

#include "inspector/device_monitor.hpp"
#include "inspector/inspector.hpp"
#include "settings/settings.hpp"

/// An inspector with made-up routing, for tst_inspector*.qml: import Conclave.InspectorTest.
class InspectorFixture : public QObject
{
    Q_OBJECT
    Q_PROPERTY(Inspector* inspector READ inspector CONSTANT)
    Q_PROPERTY(DeviceMonitor* devices READ devices CONSTANT)
    Q_PROPERTY(Settings* settings READ settings CONSTANT)
public:
    explicit InspectorFixture(QObject* parent = nullptr);

    Inspector* inspector() { return &m_inspector; }
    DeviceMonitor* devices() { return &m_devices; }
    Settings* settings() { return &m_settings; }

    Q_INVOKABLE void openGuide();    ///< 6 × 32 experts in 4 groups, one dense layer, one shared expert
    Q_INVOKABLE void openDeepSeek(); ///< 58 × 256
    Q_INVOKABLE void openDense();
    /// A prompt of 31 tokens and an answer of `tokens`.
    Q_INVOKABLE void answer(int tokens);
    Q_INVOKABLE void answerWithoutTrace() { m_inspector.showMessage(99, {}); }

private:
    RoutingShape m_shape;
    QTemporaryDir m_folder;
    Settings m_settings;
    Inspector m_inspector;
    DeviceMonitor m_devices;
};
