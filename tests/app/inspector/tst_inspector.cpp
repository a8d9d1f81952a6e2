#include "inspector/inspector.hpp"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTemporaryFile>

#include "conclave/trace.hpp"
#include "inspector_tests.hpp"
#include "synthetic_run.hpp"

namespace
{

QString cell(const ExpertTable& table, int row, int column)
{
    return table.index(row, column).data().toString();
}

void answer(Inspector& inspector, const RoutingShape& shape, int prompt, int tokens)
{
    synthetic::Router router(shape);
    inspector.addPrompt(synthetic::prompt(prompt));
    inspector.addStep(router.step(0, prompt, true));
    for (int i = 0; i < tokens; ++i) {
        inspector.addToken(synthetic::token(i, prompt + i, QStringLiteral(" word%1").arg(i)));
        inspector.addStep(router.step(prompt + i, 1, false));
    }
}

} // namespace

void InspectorTest::statesInOrder()
{
    Inspector inspector;
    QCOMPARE(inspector.state(), Inspector::NoModel);
    QVERIFY(!inspector.stateText().isEmpty());
    inspector.setShape(synthetic::shape(12, 12, 0, 0)); // a dense model
    QCOMPARE(inspector.state(), Inspector::Dense);
    inspector.setShape(synthetic::guide());
    QCOMPARE(inspector.state(), Inspector::Empty);
    inspector.beginRun(1);
    QCOMPARE(inspector.state(), Inspector::Empty);
    answer(inspector, synthetic::guide(), 3, 2);
    QTRY_COMPARE(inspector.state(), Inspector::Ready);
    QVERIFY(inspector.stateText().isEmpty());
    inspector.clear();
    QCOMPARE(inspector.state(), Inspector::Empty);
    QCOMPARE(inspector.routes()->rowCount(), 0);
}

void InspectorTest::figuresAndSum()
{
    Inspector inspector;
    inspector.setShape(synthetic::guide());
    inspector.beginRun(1);
    answer(inspector, synthetic::guide(), 10, 50);
    RunFinished finished;
    finished.sumCounts = 60 * 4 * 6;
    inspector.endRun(finished);
    QTRY_COMPARE(inspector.balance()->rowCount(), 3);
    QVERIFY(inspector.sumHolds());
    QVERIFY2(inspector.sumText().contains(QStringLiteral("= 60 tokens × 4 × 6 layers ✓")),
             qPrintable(inspector.sumText()));
    QCOMPARE(inspector.tokensText(), QStringLiteral("60 tokens, 10 of them prompt"));
    const QModelIndex busiest = inspector.balance()->index(0);
    QVERIFY(busiest.data(BalanceModel::ValueTextRole).toString().endsWith(u'×'));
    QTRY_VERIFY(busiest.data(BalanceModel::LowRole).toDouble() > 1);
    // A router with strong tastes is less even than chance, and is said to be.
    QCOMPARE(busiest.data(BalanceModel::VerdictRole).toString(), QStringLiteral("above chance"));
    QCOMPARE(inspector.balance()->index(2).data(BalanceModel::VerdictRole).toString(), QStringLiteral("below chance"));

    --finished.sumCounts;
    inspector.endRun(finished);
    QTRY_VERIFY(!inspector.sumHolds());
    QVERIFY(inspector.sumText().contains(QStringLiteral("the engine counted")));
}

void InspectorTest::selectsAndFollows()
{
    Inspector inspector;
    inspector.setShape(synthetic::guide());
    inspector.beginRun(7);
    answer(inspector, synthetic::guide(), 4, 6);
    QTRY_COMPARE(inspector.tokenTitle(), QStringLiteral("“␣word5”"));
    QVERIFY(inspector.followsLatest());
    QSignalSpy shown(&inspector, &Inspector::tokenShown);
    inspector.stepToken(-1);
    QVERIFY(!inspector.followsLatest());
    QCOMPARE(inspector.tokenTitle(), QStringLiteral("“␣word4”"));
    QVERIFY(inspector.tokenDetail().contains(QStringLiteral("p 0.82")));
    QVERIFY(inspector.tokenDetail().contains(QStringLiteral("0.29\u202fbit")));
    QCOMPARE(shown.last().at(0).toLongLong(), 7);
    QCOMPARE(shown.last().at(1).toInt(), 8);
    inspector.showToken(7, {}, 1); // of the prompt
    QCOMPARE(inspector.tokenTitle(), QStringLiteral("“p1”"));
    QVERIFY(inspector.tokenDetail().contains(QStringLiteral("prompt")));
    QCOMPARE(inspector.routes()->rowCount(), 4);
    const std::optional<RouteRow> row = inspector.history()->row(1);
    QCOMPARE(inspector.routes()->index(0).data(TokenRoutes::ExpertRole).toInt(), int(row->ids[0]));
    inspector.setLayer(5);
    QCOMPARE(inspector.routes()->index(3).data(TokenRoutes::ExpertRole).toInt(), int(row->ids[5 * 4 + 3]));
    inspector.setLayer(99);
    QCOMPARE(inspector.layerText(), QStringLiteral("layer 6"));
    inspector.followLatest();
    QCOMPARE(inspector.tokenTitle(), QStringLiteral("“␣word5”"));
    inspector.addToken(synthetic::token(6, 10, QStringLiteral("last")));
    inspector.showToken(7, {}, 10);
    QVERIFY(inspector.routeNote().contains(QStringLiteral("no routes yet")));
    QCOMPARE(inspector.routes()->rowCount(), 0);
}

void InspectorTest::tableSortsAndSums()
{
    Inspector inspector;
    inspector.setShape(synthetic::guide());
    inspector.beginRun(1);
    answer(inspector, synthetic::guide(), 5, 20);
    inspector.setTableShown(true);
    ExpertTable& table = *inspector.table();
    QCOMPARE(table.rowCount(), 6 * 32);
    QCOMPARE(cell(table, 33, ExpertTable::Layer), QStringLiteral("2"));
    QCOMPARE(cell(table, 33, ExpertTable::Expert), QStringLiteral("1"));
    table.sortBy(ExpertTable::Count);
    int sum = 0, previous = std::numeric_limits<int>::max();
    for (int row = 0; row < table.rowCount(); ++row) {
        const int count = cell(table, row, ExpertTable::Count).toInt();
        QVERIFY(count <= previous);
        previous = count;
        sum += count;
        QVERIFY(count > 0 || cell(table, row, ExpertTable::LastWeight) == QStringLiteral("none"));
    }
    QCOMPARE(sum, 25 * 4 * 6);
    table.sortBy(ExpertTable::Count);
    QVERIFY(!table.descending());
    QVERIFY(cell(table, 0, ExpertTable::Count).toInt() <= cell(table, 191, ExpertTable::Count).toInt());
    for (int column = 0; column < ExpertTable::ColumnCount; ++column)
        QVERIFY(!table.headerData(column, Qt::Horizontal).toString().isEmpty() && !table.help(column).isEmpty());
}

void InspectorTest::marginAndGroups()
{
    Inspector inspector;
    inspector.setShape(synthetic::guide());
    inspector.beginRun(1);
    RunStep step = synthetic::Router(synthetic::guide()).step(0, 1, false);
    step.margins[0] = 0.061F;
    step.groups[0] = 0b0101;
    step.margins[1] = INFINITY;
    inspector.addStep(step);
    QCOMPARE(inspector.routeNote(), QStringLiteral("next expert 0.061 behind in score · groups 0 and 2 of 4 open"));
    inspector.stepLayer(1);
    QVERIFY(inspector.routeNote().startsWith(QStringLiteral("every open expert was chosen")));
}

void InspectorTest::failsInOneSentence()
{
    Inspector inspector;
    inspector.setShape(synthetic::guide());
    inspector.showMessage(3, {});
    QCOMPARE(inspector.state(), Inspector::Unrecorded);
    QVERIFY(inspector.stateText().contains(QStringLiteral("No routing was recorded")));
    inspector.showMessage(4, QStringLiteral("/nowhere/at/all.ctr"));
    QCOMPARE(inspector.state(), Inspector::Loading);
    QTRY_COMPARE(inspector.state(), Inspector::Unrecorded);
    QVERIFY(inspector.stateText().contains(QStringLiteral("not kept any more")));
    QTemporaryFile letter;
    QVERIFY(letter.open() && letter.write("a letter") > 0 && letter.flush());
    inspector.showMessage(6, letter.fileName());
    QTRY_COMPARE(inspector.state(), Inspector::Failed);
    QVERIFY(!inspector.stateText().isEmpty());
    inspector.beginRun(5); // a new answer brings it back
    QCOMPARE(inspector.state(), Inspector::Empty);
}

void InspectorTest::opensAnOlderAnswer()
{
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("run.ctr"));
    const RoutingShape shape = synthetic::guide();
    synthetic::Router router(shape);
    {
        conclave::TraceHeader header;
        header.model_name = "Guide";
        header.moe_layers = {1, 2, 3, 4, 5, 6};
        header.n_layers = 7;
        header.n_experts = 32;
        header.n_experts_used = 4;
        header.n_group = 4;
        header.topk_group = 2;
        auto writer = conclave::TraceWriter::create(path.toStdString(), header);
        QVERIFY(writer);
        conclave::TracePrompt prompt;
        prompt.ids = {100, 101};
        prompt.pieces = {"a", "b"};
        QVERIFY(writer->prompt(prompt));
        for (int position = 0; position < 6; ++position) {
            const RunStep step = router.step(position, 1, false);
            conclave::TraceToken token;
            token.generated = position >= 2;
            token.position = position;
            token.id = 100 + position;
            token.text = "t" + std::to_string(position);
            token.has_routes = position < 5;
            if (token.has_routes) {
                token.ids = step.ids;
                token.weights = step.weights;
                token.margins = step.margins;
                token.groups = step.groups;
            }
            QVERIFY(writer->token(token));
        }
        conclave::TraceEnd end;
        end.sum_counts = 5 * 4 * 6;
        QVERIFY(writer->end(end));
    }
    Inspector inspector;
    inspector.setShape(shape);
    inspector.beginRun(1);
    answer(inspector, shape, 2, 2);
    inspector.showToken(9, path, 3);
    QCOMPARE(inspector.state(), Inspector::Loading);
    QTRY_COMPARE(inspector.state(), Inspector::Ready);
    QCOMPARE(inspector.tokenTitle(), QStringLiteral("“t3”"));
    QCOMPARE(inspector.history()->rows(), 5u);
    QVERIFY(inspector.sumHolds());
    inspector.showToken(1, {}, 2); // back to the running answer, at once
    QCOMPARE(inspector.state(), Inspector::Ready);
    QCOMPARE(inspector.history()->rows(), 4u);

    // After a restart the answer is there before the model is, and stays when that comes.
    Inspector again;
    again.showMessage(9, path);
    again.setShape(shape);
    QTRY_COMPARE(again.state(), Inspector::Ready);
    QCOMPARE(again.history()->rows(), 5u);
    again.setShape(synthetic::shape(12, 12, 0, 0)); // another model is opened
    QCOMPARE(again.history()->rows(), 5u);
    again.clear(); // another chat, with no answer
    QCOMPARE(again.state(), Inspector::Dense);
}

void InspectorTest::idleWhileHidden()
{
    Inspector inspector;
    inspector.setShape(synthetic::guide());
    inspector.beginRun(1);
    inspector.setActive(false);
    QSignalSpy changed(&inspector, &Inspector::mapChanged);
    answer(inspector, synthetic::guide(), 5, 5);
    QTest::qWait(120);
    QCOMPARE(changed.count(), 0);
    inspector.setActive(true);
    QCOMPARE(changed.count(), 1);
    QCOMPARE(inspector.history()->rows(), 10u);
}

void InspectorTest::costPerToken_data()
{
    QTest::addColumn<RoutingShape>("shape");
    QTest::addColumn<double>("boundUs");
    QTest::newRow("6 x 32") << synthetic::guide() << 20.0;
    QTest::newRow("58 x 256") << synthetic::deepseekV3() << 60.0;
}

void InspectorTest::costPerToken()
{
    QFETCH(RoutingShape, shape);
    QFETCH(double, boundUs);
    Inspector inspector;
    inspector.setShape(shape);
    inspector.beginRun(1);
    synthetic::Router router(shape);
    std::vector<RunStep> steps;
    for (int i = 0; i < 64; ++i)
        steps.push_back(router.step(i, 1, false));
    constexpr int kTokens = 4000;
    std::vector<double> rounds; // the median of rounds: other processes share the machine
    int position = 0;
    for (int round = 0; round < 20; ++round) {
        QElapsedTimer timer;
        timer.start();
        for (int i = 0; i < kTokens / 20; ++i, ++position) {
            RunStep& step = steps[size_t(position) % steps.size()];
            step.positions[0] = position;
            inspector.addToken(synthetic::token(position, position, QStringLiteral(" a")));
            inspector.addStep(step);
        }
        rounds.push_back(double(timer.nsecsElapsed()) / 1000 / (kTokens / 20));
    }
    std::nth_element(rounds.begin(), rounds.begin() + 10, rounds.end());
    qInfo("%.2f us per token", rounds[10]);
    QVERIFY2(rounds[10] <= boundUs, qPrintable(QString::number(rounds[10])));
}
