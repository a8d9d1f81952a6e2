#include <QGuiApplication>

#include "inspector_tests.hpp"

int main(int argc, char** argv)
{
    QGuiApplication app(argc, argv);
    QLocale::setDefault(QLocale::c());
    int failed = 0;
    RoutingHistoryTest history;
    RoutingMetricsTest metrics;
    ChanceBandsTest chance;
    ExpertMapTest map;
    InspectorTest inspector;
    DeviceMonitorTest devices;
    for (QObject* test : std::initializer_list<QObject*>{&history, &metrics, &chance, &map, &inspector, &devices})
        failed += QTest::qExec(test, argc, argv) != 0 ? 1 : 0;
    return failed;
}
