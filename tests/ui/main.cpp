#include <QQmlEngine>
#include <QtQuickTest>

/// Lets tests import the modules that are compiled into this program.
class Setup : public QObject
{
    Q_OBJECT
public slots:
    void qmlEngineAvailable(QQmlEngine* engine) { engine->addImportPath(QStringLiteral("qrc:/qt/qml")); }
};

QUICK_TEST_MAIN_WITH_SETUP(ui, Setup)
#include "main.moc"
