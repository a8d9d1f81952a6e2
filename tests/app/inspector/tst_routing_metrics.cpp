#include "inspector/routing_metrics.hpp"

#include "inspector_tests.hpp"
#include "synthetic_run.hpp"

namespace
{

// One layer; each inner list is the experts of one token.
RoutingHistory historyOf(int experts, const std::vector<std::vector<quint16>>& tokens)
{
    const int k = int(tokens.front().size());
    RoutingHistory history(synthetic::shape(1, 0, experts, k));
    for (int position = 0; position < int(tokens.size()); ++position) {
        RunStep step;
        step.nMoeLayers = 1;
        step.k = k;
        step.positions = {position};
        step.tokens = {0};
        step.ids = tokens[size_t(position)];
        step.weights.assign(size_t(k), 1.0F / float(k));
        step.margins = {0.1F};
        step.groups = {1};
        history.addStep(step);
    }
    return history;
}

} // namespace

void RoutingMetricsTest::evenUse()
{
    const auto figures = balanceOf(historyOf(4, {{0, 1}, {2, 3}, {1, 0}, {3, 2}}));
    QVERIFY(figures);
    QCOMPARE(figures->busiest, 1.0);
    QCOMPARE(figures->unused, 0);
    QCOMPARE(figures->entropy, 1.0);
}

void RoutingMetricsTest::oneExpertTakesAll()
{
    const auto figures = balanceOf(historyOf(8, {{5}, {5}, {5}}));
    QVERIFY(figures);
    QCOMPARE(figures->busiest, 8.0);
    QCOMPARE(figures->busiestExpert, 5);
    QCOMPARE(figures->unused, 7);
    QCOMPARE(figures->entropy, 0.0);
}

void RoutingMetricsTest::knownCounts()
{
    // Counts 3, 2, 1, 0 of 6 picks: f = 3·4/6 = 2; H = −(½ ln ½ + ⅓ ln ⅓ + ⅙ ln ⅙) = 1.0114043 nats.
    const auto figures = balanceOf(historyOf(4, {{0, 1}, {0, 1}, {0, 2}}));
    QVERIFY(figures);
    QCOMPARE(figures->busiest, 2.0);
    QCOMPARE(figures->busiestExpert, 0);
    QCOMPARE(figures->unused, 1);
    QVERIFY(std::abs(figures->entropy - 1.0114042647 / std::log(4.0)) < 1e-9);
}

void RoutingMetricsTest::absentWithoutTokens()
{
    QVERIFY(!balanceOf(RoutingHistory(synthetic::guide())));
    QVERIFY(!balanceOf(RoutingHistory(RoutingShape{})));
}
