#include "settings/sampler_model.hpp"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "settings/sampler_knobs.hpp"

class TestSamplerModel : public QObject
{
    Q_OBJECT
private slots:
    void showsAndStoresEachSampler()
    {
        const QTemporaryDir folder;
        Settings settings(folder.filePath(QStringLiteral("conclave.ini")));
        SamplerModel model;
        const QAbstractItemModelTester tester(&model);
        model.setSettings(&settings);
        QCOMPARE(model.rowCount(), int(samplerKnobs().size()));
        QCOMPARE(model.nChanged(), 0);
        for (int row = 0; row < model.rowCount(); ++row) {
            const QModelIndex index = model.index(row);
            QVERIFY(!index.data(SamplerModel::LabelRole).toString().isEmpty());
            QVERIFY(index.data(SamplerModel::ExplanationRole).toString().endsWith(u'.'));
            QVERIFY(index.data(SamplerModel::FromRole).toDouble() < index.data(SamplerModel::ToRole).toDouble());
            QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
            // To the end of the range that is not the default, from beyond it.
            const bool up = index.data(SamplerModel::ValueRole) != index.data(SamplerModel::ToRole);
            model.setValue(row, up ? 1e9 : -1e9);
            QCOMPARE(changed.count(), 1);
            QCOMPARE(index.data(SamplerModel::ValueRole),
                     index.data(up ? SamplerModel::ToRole : SamplerModel::FromRole));
            QCOMPARE(model.nChanged(), row + 1);
        }
        QCOMPARE(settings.sampler().dryMultiplier, 5.0);
        model.reset();
        QCOMPARE(model.nChanged(), 0);
        QCOMPARE(settings.sampler().dryMultiplier, 0.0);
    }

    void saysNothingWithoutSettings()
    {
        SamplerModel model;
        QVERIFY(!model.index(0).data(SamplerModel::ValueRole).isValid());
        QCOMPARE(model.nChanged(), 0);
        model.setValue(0, 1);
        model.reset();
    }
};

QTEST_GUILESS_MAIN(TestSamplerModel)
#include "tst_sampler_model.moc"
