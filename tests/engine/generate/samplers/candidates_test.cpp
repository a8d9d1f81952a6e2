#include "generate/samplers/candidates.hpp"

#include <gtest/gtest.h>

#include "generate/samplers/distribution.hpp"
#include "generate/samplers/exp_negative.hpp"

namespace conclave
{
namespace
{

constexpr float infinity = std::numeric_limits<float>::infinity();

TEST(Candidates, ExponentialIsExactEnough)
{
    for (double x = 0; x > -87; x -= 0.0137) {
        const double expected = std::exp(static_cast<double>(static_cast<float>(x)));
        EXPECT_NEAR(static_cast<double>(exp_negative(static_cast<float>(x))) / expected, 1, 2e-7) << x;
    }
    EXPECT_EQ(exp_negative(0), 1);
    EXPECT_EQ(exp_negative(-88), 0);
    EXPECT_EQ(exp_negative(-infinity), 0);
}

TEST(Candidates, SumsAndEntropyAreThoseOfPlainLoops)
{
    for (const size_t n : test::sizes) {
        const std::vector<float> logits = test::random_logits(n, 3);
        Candidates candidates = test::candidates(logits);
        EXPECT_TRUE(test::same(candidates, test::softmax(logits)));
        double entropy = 0;
        for (const auto& [id, p] : test::softmax(logits))
            entropy -= p * std::log(p);
        EXPECT_NEAR(candidates.entropy(), entropy, 1e-5);
    }
}

TEST(Candidates, DrawsByTheCumulativeDistribution)
{
    const std::vector<float> logits = test::random_logits(1000, 4);
    Candidates candidates = test::candidates(logits);
    double sum = 0;
    for (size_t i = 0; i < 1000; ++i) {
        const double p = candidates.probability(i);
        if (p > 1e-6) {
            EXPECT_EQ(candidates.draw(sum + p / 2), i);
        }
        sum += p;
    }
    EXPECT_LT(candidates.draw(1 - 1e-17), 1000u);
}

TEST(Candidates, NeverDrawsWhatHasNoProbability)
{
    std::vector<float> logits(200, -infinity);
    logits[77] = 1;
    Candidates candidates = test::candidates(logits);
    for (const double u : {0.0, 0.5, 0.9999999999999999})
        EXPECT_EQ(candidates.draw(u), 77u);
    EXPECT_EQ(candidates.count(), 1);
}

TEST(Candidates, SurvivesExtremeLogits)
{
    Candidates candidates(3);
    candidates.assign(std::vector<float>{infinity, std::numeric_limits<float>::quiet_NaN(), 0});
    EXPECT_EQ(candidates.draw(0.5), 0u);
    candidates.scale(100);
    EXPECT_EQ(candidates.draw(0.5), 0u);
    EXPECT_EQ(candidates.entropy(), 0);
}

TEST(Candidates, MaskLeavesWhatIsAllowed)
{
    std::vector<float> logits = test::random_logits(130, 5);
    Candidates candidates = test::candidates(logits);
    const std::vector<uint64_t> allowed = {uint64_t{1} << 3, 0, 2};
    candidates.mask(allowed);
    EXPECT_EQ(candidates.count(), 2);
    EXPECT_GT(candidates.probability(3), 0);
    EXPECT_GT(candidates.probability(129), 0);
    EXPECT_EQ(candidates.probability(4), 0);
}

TEST(Candidates, FindsTokensAfterSomeAreGone)
{
    const std::vector<float> logits = test::random_logits(100, 6);
    Candidates candidates = test::candidates(logits);
    EXPECT_EQ(candidates.find(42), 42u);
    EXPECT_EQ(candidates.find(100), Candidates::none);
    candidates.keep(candidates.best(10));
    const int32_t best = test::softmax(logits)[0].first, worst = test::softmax(logits)[99].first;
    EXPECT_EQ(candidates.find(best), 0u);
    EXPECT_EQ(candidates.find(worst), Candidates::none);
}

} // namespace
} // namespace conclave
