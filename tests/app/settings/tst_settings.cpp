#include "settings/settings.hpp"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

class TestSettings : public QObject
{
    Q_OBJECT
private slots:
    void keepsWhatWasChosen()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath(QStringLiteral("conclave.ini"));
        {
            Settings settings(file);
            QCOMPARE(settings.theme(), QStringLiteral("system"));
            QSignalSpy changed(&settings, &Settings::changed);
            settings.setTheme(QStringLiteral("dark"));
            settings.setTemperature(0.3);
            settings.setSeed(QStringLiteral("42"));
            settings.setTheme(QStringLiteral("dark"));
            QCOMPARE(changed.count(), 3);
        }
        const Settings again(file);
        QCOMPARE(again.theme(), QStringLiteral("dark"));
        QCOMPARE(again.sampler().temperature, 0.3);
        QCOMPARE(again.sampler().seed, std::optional<quint64>(42));
    }

    void refusesWhatMakesNoSense()
    {
        const QTemporaryDir folder;
        Settings settings(folder.filePath(QStringLiteral("conclave.ini")));
        settings.setTopP(7);
        QCOMPARE(settings.topP(), 1.0);
        settings.setSeed(QStringLiteral("many"));
        QVERIFY(settings.seed().isEmpty());
        QVERIFY(!settings.sampler().seed.has_value());
    }

    void runsModelsAsTheFileSaysWithinReason()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath(QStringLiteral("conclave.ini"));
        QCOMPARE(Settings(file).model(), ModelSettings());
        {
            QSettings written(file, QSettings::IniFormat);
            written.setValue(QStringLiteral("context_length"), -5);
            written.setValue(QStringLiteral("kv_type"), QStringLiteral("f8"));
            written.setValue(QStringLiteral("threads"), 100000);
        }
        Settings settings(file);
        QCOMPARE(settings.model(), (ModelSettings{.contextLength = 256, .threads = 512}));
        settings.setContextLength(32768);
        settings.setKvType(QStringLiteral("q8_0"));
        settings.setThreads(0);
        settings.setDevice(QStringLiteral("cuda:1"));
        QCOMPARE(Settings(file).model(), (ModelSettings{QStringLiteral("cuda:1"), 32768, QStringLiteral("q8_0"), 0}));
    }

    void asksWhereAChatOutgrewTheContextUnlessToldOtherwise()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath(QStringLiteral("conclave.ini"));
        QCOMPARE(Settings(file).sampler().contextPolicy, ContextPolicy::Ask);
        QSettings(file, QSettings::IniFormat).setValue(QStringLiteral("drop_oldest"), true); // of an earlier version
        Settings settings(file);
        QCOMPARE(settings.sampler().contextPolicy, ContextPolicy::LeaveOut);
        settings.setContextPolicy(QStringLiteral("refuse"));
        QCOMPARE(settings.sampler().contextPolicy, ContextPolicy::Refuse);
        settings.setContextPolicy(QStringLiteral("ask"));
        QCOMPARE(settings.sampler().contextPolicy, ContextPolicy::Ask);
    }

    void keepsSamplersWithinTheirRange()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath(QStringLiteral("conclave.ini"));
        {
            Settings settings(file);
            for (const SamplerKnob& knob : samplerKnobs()) {
                QCOMPARE(settings.knob(knob), SamplerSettings{}.*knob.field);
                QVERIFY2(settings.knob(knob) >= knob.from && settings.knob(knob) <= knob.to, knob.key);
                settings.setKnob(knob, 1e9);
                QCOMPARE(settings.knob(knob), knob.to);
            }
        }
        const Settings again(file);
        QCOMPARE(again.sampler().mirostat, 2.0);
        QCOMPARE(again.sampler().xtcProbability, 1.0);
        QSettings(file, QSettings::IniFormat).setValue(QStringLiteral("typical_p"), -3);
        QCOMPARE(Settings(file).sampler().typicalP, 0.01);
    }

    void overridesAreNotStored()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath(QStringLiteral("conclave.ini"));
        {
            Settings settings(file);
            settings.overrideValue("theme", QStringLiteral("light"));
            QCOMPARE(settings.theme(), QStringLiteral("light"));
        }
        QCOMPARE(Settings(file).theme(), QStringLiteral("system"));
    }
};

QTEST_GUILESS_MAIN(TestSettings)
#include "tst_settings.moc"
