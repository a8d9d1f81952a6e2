#include "inspector/chance_bands.hpp"

#include <QSignalSpy>

#include "inspector/routing_metrics.hpp"
#include "inspector_tests.hpp"
#include "synthetic_run.hpp"

namespace
{

// Each expert's count under the null is Binomial(T, k/E), with groups or without: by symmetry no expert is preferred.
std::vector<double> binomial(int tokens, double p)
{
    std::vector<double> pmf(size_t(tokens) + 1);
    for (int n = 0; n <= tokens; ++n) {
        pmf[size_t(n)] = std::exp(std::lgamma(tokens + 1) - std::lgamma(n + 1) - std::lgamma(tokens - n + 1) +
                                  n * std::log(p) + (tokens - n) * std::log1p(-p));
    }
    return pmf;
}

double middle(const Band& band)
{
    return (band.low + band.high) / 2;
}

} // namespace

void ChanceBandsTest::meanMatchesTheBinomial()
{
    for (const RoutingNull& null : {RoutingNull{6, 32, 4, 1, 1}, RoutingNull{4, 64, 2, 1, 1}}) {
        const ChanceCurve curve = simulateChance(null, 100, 400);
        for (const int tokens : {20, 100}) {
            const std::vector<double> pmf = binomial(tokens, double(null.nExpertsUsed) / null.nExperts);
            const double cells = double(null.nMoeLayers) * null.nExperts;
            const double unused = cells * pmf[0];
            const double picks = double(null.nExpertsUsed) * tokens;
            double entropy = 0, below = 0;
            int median = 0;
            for (int n = 1; n <= tokens; ++n)
                entropy -= null.nExperts * pmf[size_t(n)] * (n / picks) * std::log(n / picks);
            entropy /= std::log(double(null.nExperts));
            for (int n = 0; n <= tokens; ++n) { // cells are nearly independent
                below += pmf[size_t(n)];
                if (std::pow(below, cells) >= 0.5) {
                    median = n;
                    break;
                }
            }
            const std::optional<ChanceBand> band = curve.at(quint64(tokens));
            QVERIFY(band);
            const double busiest = median * null.nExperts / picks;
            QVERIFY2(band->busiest.low <= busiest && busiest <= band->busiest.high,
                     qPrintable(QString::number(busiest)));
            QVERIFY(band->unused.low <= unused + 1 && unused - 1 <= band->unused.high);
            QVERIFY2(std::abs(middle(band->entropy) - entropy) < 0.1 * (1 - entropy),
                     qPrintable(QStringLiteral("%1 against %2").arg(middle(band->entropy)).arg(entropy)));
        }
    }
}

void ChanceBandsTest::singleLayerMatchesPublishedNulls()
{
    // Mean MaxVio of uniform top-8 of 256 after 100 and 500 tokens, and of 128 after 100, one layer: 1.83, 0.77, 1.18.
    const ChanceCurve wide = simulateChance({1, 256, 8, 1, 1}, 500, 400),
                      narrow = simulateChance({1, 128, 8, 1, 1}, 100, 400);
    QVERIFY(std::abs(middle(wide.at(100)->busiest) - 2.83) < 0.25);
    QVERIFY(std::abs(middle(wide.at(500)->busiest) - 1.77) < 0.12);
    QVERIFY(std::abs(middle(narrow.at(100)->busiest) - 2.18) < 0.2);
    QVERIFY(std::abs(middle(wide.at(100)->unused) / 256 - 0.04) < 0.02);
}

void ChanceBandsTest::groupsWidenTheBand()
{
    // Experts of one group come and go together, so the load of a grouped router varies more by chance.
    const Band plain = simulateChance({6, 32, 4, 1, 1}, 256, 400).at(256)->entropy;
    const Band grouped = simulateChance({6, 32, 4, 4, 1}, 256, 400).at(256)->entropy;
    QVERIFY(grouped.high - grouped.low > 1.2 * (plain.high - plain.low));
}

void ChanceBandsTest::sameSeedSameCurve()
{
    const RoutingNull null{6, 32, 4, 4, 2};
    const ChanceBand a = *simulateChance(null, 64).at(50), b = *simulateChance(null, 64).at(50);
    QCOMPARE(a.busiest.low, b.busiest.low);
    QCOMPARE(a.entropy.high, b.entropy.high);
}

void ChanceBandsTest::extrapolationAgreesWithSimulation()
{
    const RoutingNull null{6, 32, 4, 4, 2};
    const ChanceBand guessed = *simulateChance(null, 2048).at(8192), simulated = *simulateChance(null, 8192).at(8192);
    QVERIFY(std::abs(guessed.busiest.low - simulated.busiest.low) < 0.01);
    QVERIFY(std::abs(guessed.busiest.high - simulated.busiest.high) < 0.02);
    QVERIFY(std::abs(guessed.entropy.low - simulated.entropy.low) < 1e-4);
    QCOMPARE(simulated.unused.high, 0.0);
}

void ChanceBandsTest::realChanceRunsLieInside()
{
    // A run routed by chance, counted by the same code as a real one: nearly all of its figures lie in their bands.
    const RoutingShape shape = synthetic::shape(6, 0, 32, 4);
    const ChanceCurve curve = simulateChance(nullOf(shape), 200, 400);
    std::mt19937 random(7);
    int inside = 0;
    for (int run = 0; run < 100; ++run) {
        RoutingHistory history(shape);
        for (int position = 0; position < 200; ++position) {
            RunStep step;
            step.nMoeLayers = 6;
            step.k = 4;
            step.positions = {position};
            step.tokens = {0};
            for (int layer = 0; layer < 6; ++layer) {
                std::vector<quint16> all(32);
                std::iota(all.begin(), all.end(), quint16(0));
                std::shuffle(all.begin(), all.end(), random);
                step.ids.insert(step.ids.end(), all.begin(), all.begin() + 4);
            }
            step.weights.assign(24, 0.25F);
            step.margins.assign(6, 0.1F);
            step.groups.assign(6, 1);
            history.addStep(step);
        }
        const BalanceFigures figures = *balanceOf(history);
        const ChanceBand band = *curve.at(200);
        inside += figures.busiest >= band.busiest.low && figures.busiest <= band.busiest.high ? 1 : 0;
        inside += figures.entropy >= band.entropy.low && figures.entropy <= band.entropy.high ? 1 : 0;
    }
    QVERIFY2(inside >= 178 && inside <= 200, qPrintable(QString::number(inside))); // 190 expected of 200
}

void ChanceBandsTest::cacheAnswersLaterAndOnce()
{
    ChanceBands bands;
    QSignalSpy ready(&bands, &ChanceBands::ready);
    const RoutingNull null{6, 32, 4, 4, 2};
    QVERIFY(!bands.at(null, 10)); // the GUI thread never simulates
    QVERIFY(ready.wait(10000));
    const std::optional<ChanceBand> band = bands.at(null, 10);
    QVERIFY(band);
    QVERIFY(band->busiest.low < band->busiest.high);
    QVERIFY(bands.at(null, 11));
    QCOMPARE(ready.count(), 1);
    QVERIFY(bands.at(null, 1000)); // extrapolated for now, and simulated
    QVERIFY(ready.wait(10000));
}

void ChanceBandsTest::refusesImpossibleShapes()
{
    QVERIFY(!simulateChance({}, 10).at(5));
    QVERIFY(!simulateChance({1, 8, 9, 1, 1}, 10).at(5));
    QVERIFY(!simulateChance({1, 32, 20, 4, 2}, 10).at(5)); // 16 experts lie in open groups
}
