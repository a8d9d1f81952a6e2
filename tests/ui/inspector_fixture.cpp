#include "inspector_fixture.hpp"

#include <QCoreApplication>
#include <QQmlEngine>

#include "../app/inspector/synthetic_run.hpp"

namespace
{

conclave::DeviceSample deviceSample()
{
    conclave::DeviceSample sample;
    sample.cpu_utilization = 0.86;
    sample.memory_total_bytes = uint64_t(24) << 30;
    sample.memory_available_bytes = uint64_t(18) << 30;
    sample.process_resident_bytes = uint64_t(412) << 20;
    sample.gpu_status = "No NVIDIA driver was found.";
    return sample;
}

void registerFixture()
{
    qmlRegisterType<InspectorFixture>("Conclave.InspectorTest", 1, 0, "InspectorFixture");
}
Q_COREAPP_STARTUP_FUNCTION(registerFixture)

} // namespace

InspectorFixture::InspectorFixture(QObject* parent)
    : QObject(parent), m_settings(m_folder.filePath(QStringLiteral("conclave.ini"))), m_devices(deviceSample)
{
}

void InspectorFixture::openGuide()
{
    m_shape = synthetic::guide();
    m_inspector.setShape(m_shape);
}

void InspectorFixture::openDeepSeek()
{
    m_shape = synthetic::deepseekV3();
    m_inspector.setShape(m_shape);
}

void InspectorFixture::openDense()
{
    m_inspector.setShape(synthetic::shape(28, 28, 0, 0));
}

void InspectorFixture::answer(int tokens)
{
    m_inspector.beginRun(1);
    synthetic::Router router(m_shape);
    m_inspector.addPrompt(synthetic::prompt(31));
    m_inspector.addStep(router.step(0, 31, true));
    for (int i = 0; i < tokens; ++i) {
        m_inspector.addToken(synthetic::token(i, 31 + i, QStringLiteral(" word%1").arg(i)));
        m_inspector.addStep(router.step(31 + i, 1, false));
    }
    RunFinished finished;
    finished.sumCounts = quint64(31 + tokens) * quint64(m_shape.nExpertsUsed) * quint64(m_shape.moeLayers.size());
    m_inspector.endRun(finished);
}
