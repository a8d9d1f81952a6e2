#include "inspector/routing_history.hpp"

#include "conclave/trace.hpp"
#include "inspector/trace_history.hpp"
#include "inspector_tests.hpp"
#include "synthetic_run.hpp"

#include <limits>

void RoutingHistoryTest::countsEveryRow()
{
    const RoutingShape shape = synthetic::guide();
    RoutingHistory history(shape);
    synthetic::Router router(shape);
    std::vector<quint32> expected(6 * 32, 0);
    const auto add = [&](const RunStep& step) {
        for (size_t i = 0; i < step.ids.size(); ++i)
            ++expected[(i / 4) % 6 * 32 + step.ids[i]];
        history.addStep(step);
    };
    add(router.step(0, 31, true));
    for (int position = 31; position < 243; ++position)
        add(router.step(position, 1, false));
    QCOMPARE(history.rows(), 243u);
    QCOMPARE(history.promptRows(), 31u);
    QVERIFY(std::equal(expected.begin(), expected.end(), history.counts().begin()));
    QCOMPARE(history.countSum(), quint64(243 * 4 * 6));
    QCOMPARE(history.countSum(), history.expectedSum());
    QCOMPARE(history.rejectedRows(), 0u);
}

void RoutingHistoryTest::keepsRowsByPosition()
{
    const RoutingShape shape = synthetic::guide();
    RoutingHistory history(shape);
    synthetic::Router router(shape);
    history.addPrompt(synthetic::prompt(12));
    const RunStep step = router.step(8, 4, true); // the first eight were cached
    history.addStep(step);
    history.addToken(synthetic::token(0, 12, QStringLiteral(" hello")));

    QVERIFY(!history.row(7));
    QVERIFY(!history.row(12)); // sampled, not yet run
    const std::optional<RouteRow> row = history.row(10);
    QVERIFY(row);
    QCOMPARE(row->token, 110);
    const size_t at = 2 * 24;
    QVERIFY(std::equal(row->ids.begin(), row->ids.end(), step.ids.begin() + at));
    QVERIFY(std::equal(row->weights.begin(), row->weights.end(), step.weights.begin() + at));
    QVERIFY(std::equal(row->margins.begin(), row->margins.end(), step.margins.begin() + 2 * 6));
    QVERIFY(std::equal(row->groups.begin(), row->groups.end(), step.groups.begin() + 2 * 6));
    QCOMPARE(history.lastPosition(), 11);
    QCOMPARE(history.neighbour(10, -1), 9);
    QCOMPARE(history.neighbour(8, -1), std::nullopt);
    QCOMPARE(history.token(3)->text, QStringLiteral("p3"));
    QVERIFY(!history.token(3)->logprob); // the prompt was not sampled
    QCOMPARE(history.token(12)->text, QStringLiteral(" hello"));
    QVERIFY(history.token(12)->generated);
    QVERIFY(!history.token(13));
}

void RoutingHistoryTest::rejectsWhatDoesNotFit_data()
{
    QTest::addColumn<int>("damage");
    QTest::newRow("expert out of range") << 0;
    QTest::newRow("expert twice in a layer") << 1;
    QTest::newRow("short ids") << 2;
    QTest::newRow("short margins") << 3;
    QTest::newRow("another k") << 4;
    QTest::newRow("another layer count") << 5;
    QTest::newRow("negative position") << 6;
    QTest::newRow("absurd position") << 7;
}

void RoutingHistoryTest::rejectsWhatDoesNotFit()
{
    QFETCH(int, damage);
    const RoutingShape shape = synthetic::guide();
    RoutingHistory history(shape);
    RunStep step = synthetic::Router(shape).step(0, 1, false);
    switch (damage) {
    case 0:
        step.ids[5] = 32;
        break;
    case 1:
        step.ids[7] = step.ids[4];
        break;
    case 2:
        step.ids.pop_back();
        break;
    case 3:
        step.margins.pop_back();
        break;
    case 4:
        step.k = 3;
        break;
    case 5:
        step.nMoeLayers = 5;
        break;
    case 6:
        step.positions[0] = -1;
        break;
    default:
        step.positions[0] = std::numeric_limits<int>::max();
    }
    history.addStep(step);
    QCOMPARE(history.rows(), 0u);
    QCOMPARE(history.rejectedRows(), 1u);
    QCOMPARE(history.countSum(), 0u);
    QVERIFY(!history.lastPosition());
}

void RoutingHistoryTest::boundsMemoryAndKeepsCounts()
{
    const RoutingShape shape = synthetic::guide();
    RoutingHistory history(shape, 200 * 1024); // room for four chunks of 256 rows
    synthetic::Router router(shape);
    for (int position = 0; position < 3000; ++position)
        history.addStep(router.step(position, 1, false));
    QCOMPARE(history.rows(), 3000u);
    QCOMPARE(history.countSum(), history.expectedSum());
    QVERIFY(!history.row(0) && history.wasDropped(0));
    QVERIFY(history.row(2999) && !history.wasDropped(2999));
    QVERIFY(!history.wasDropped(3000));
    int kept = 0;
    for (int position = 0; position < 3000; ++position)
        kept += history.row(position) ? 1 : 0;
    QVERIFY2(kept >= 512 && kept <= 1024, qPrintable(QString::number(kept)));
    const int oldest = 3000 - kept;
    QCOMPARE(history.row(oldest)->position, oldest);
    QCOMPARE(history.neighbour(oldest, -1), std::nullopt);
}

void RoutingHistoryTest::fadingMatchesItsDefinition()
{
    const RoutingShape shape = synthetic::guide();
    RoutingHistory history(shape);
    synthetic::Router router(shape);
    std::vector<RunStep> steps;
    for (int position = 0; position < 100; ++position) {
        steps.push_back(router.step(position, 1, false));
        history.addStep(steps.back());
    }
    for (const int halfLife : {8, 32}) {
        for (const int position : {99, 40}) {
            std::vector<double> expected(6 * 32, 0);
            double norm = 0;
            for (int old = 0; old <= position; ++old) {
                const double gain = std::pow(0.5, double(position - old) / halfLife);
                norm += gain;
                for (size_t i = 0; i < 24; ++i)
                    expected[i / 4 * 32 + steps[size_t(old)].ids[i]] += gain * double(steps[size_t(old)].weights[i]);
            }
            std::vector<float> actual;
            history.setHalfLife(halfLife);
            history.fading(position, halfLife, actual);
            for (size_t cell = 0; cell < expected.size(); ++cell)
                QVERIFY(std::abs(expected[cell] / norm - double(actual[cell])) < 2e-6);
        }
    }
}

void RoutingHistoryTest::fadingSurvivesLongRuns()
{
    const RoutingShape shape = synthetic::shape(1, 0, 4, 1);
    RoutingHistory history(shape);
    history.setHalfLife(1); // the gain doubles each token: past the rebase many times
    RunStep step = synthetic::Router(shape).step(0, 1, false);
    step.weights[0] = 1;
    for (int position = 0; position < 5000; ++position) {
        step.positions[0] = position;
        step.ids[0] = quint16(position % 2);
        history.addStep(step);
    }
    std::vector<float> values;
    history.fading(4999, 1, values);
    QVERIFY(std::abs(double(values[1]) - 2.0 / 3) < 1e-6); // 1/2 + 1/8 + 1/32 …
    QVERIFY(std::abs(double(values[0]) - 1.0 / 3) < 1e-6);
}

void RoutingHistoryTest::seesAWrongEngineSum()
{
    const RoutingShape shape = synthetic::guide();
    RoutingHistory history(shape);
    history.addStep(synthetic::Router(shape).step(0, 3, true));
    QVERIFY(!history.engineSum());
    history.setEngineSum(71);
    QCOMPARE(history.engineSum(), quint64(71));
    QCOMPARE(history.countSum(), quint64(72));
}

void RoutingHistoryTest::readsATrace()
{
    conclave::Trace trace;
    trace.header.model_name = "Guide";
    trace.header.n_layers = 7;
    trace.header.moe_layers = {1, 2, 3, 4, 5, 6};
    trace.header.n_experts = 32;
    trace.header.n_experts_used = 4;
    trace.header.n_group = 4;
    trace.header.topk_group = 2;
    trace.prompt.ids = {100, 101};
    trace.prompt.pieces = {"a", "b"};
    synthetic::Router router(synthetic::guide());
    for (int position = 0; position < 4; ++position) {
        const RunStep step = router.step(position, 1, false);
        conclave::TraceToken token;
        token.generated = position >= 2;
        token.position = position;
        token.id = 100 + position;
        token.text = "t" + std::to_string(position);
        token.logprob = position == 3 ? std::optional(-1.5F) : std::nullopt; // 2 was recorded without
        token.has_routes = position < 3;                                     // the last was sampled, not run
        if (token.has_routes) {
            token.ids = step.ids;
            token.weights = step.weights;
            token.margins = step.margins;
            token.groups = step.groups;
        }
        trace.tokens.push_back(token);
    }
    trace.end.emplace().sum_counts = 72;

    const std::shared_ptr<RoutingHistory> history = historyOf(trace, 16);
    QCOMPARE(history->shape().moeLayers, (QList<int>{1, 2, 3, 4, 5, 6}));
    QCOMPARE(history->rows(), 3u);
    QCOMPARE(history->promptRows(), 2u);
    QCOMPARE(history->engineSum(), history->countSum());
    QCOMPARE(history->halfLife(), 16);
    QCOMPARE(history->token(1)->text, QStringLiteral("b"));
    QCOMPARE(history->token(3)->text, QStringLiteral("t3"));
    QCOMPARE(history->token(3)->logprob, -1.5F);
    QVERIFY(history->token(2)->generated && !history->token(2)->logprob); // absent, not certain
    QVERIFY(history->row(2) && !history->row(3));
}
