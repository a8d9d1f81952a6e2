#include "bridge/device_choices.hpp"

#include <QCoreApplication>
#include <QLocale>

#include <filesystem>

#include "conclave/engine.hpp"

DeviceChoices::DeviceChoices(QObject* parent) : QObject(parent), m_descriptions{tr("The processor")} {}

DeviceChoices::~DeviceChoices()
{
    m_pool.waitForDone();
}

void DeviceChoices::look()
{
    if (std::exchange(m_looked, true))
        return;
    m_pool.start([this, folder = QCoreApplication::applicationDirPath()] {
        const conclave::ComputeDevices found = conclave::compute_devices(folder.toStdU16String());
        QMetaObject::invokeMethod(
            this,
            [this, found] {
                for (const conclave::CudaDevice& device : found.cuda) {
                    m_names << QString::fromStdString(device.name);
                    m_descriptions << tr("%1, %2 of memory, %3 free")
                                          .arg(QString::fromStdString(device.description),
                                               QLocale().formattedDataSize(qint64(device.total_bytes), 1),
                                               QLocale().formattedDataSize(qint64(device.free_bytes), 1));
                }
                if (found.cuda.empty())
                    m_status = QString::fromStdString(found.cuda_status);
                emit changed();
            },
            Qt::QueuedConnection);
    });
}
