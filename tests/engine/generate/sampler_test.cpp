#include "generate/sampler.hpp"

#include <cmath>
#include <limits>
#include <map>

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

const std::vector<float> probabilities = {0.05f, 0.4f, 0.1f, 0.25f, 0.2f};

std::vector<float> logits()
{
    std::vector<float> out;
    for (const float p : probabilities)
        out.push_back(std::log(p) + 3);
    return out;
}

/// Shares of 20,000 draws.
std::map<int32_t, double> shares(const SamplerOptions& options, std::vector<int32_t> recent = {})
{
    constexpr int n = 20000;
    Sampler sampler(5, 8);
    sampler.begin(options, 42, 0);
    std::map<int32_t, double> out;
    for (int i = 0; i < n; ++i) {
        std::vector<float> row = logits();
        out[sampler.sample(row, recent).id] += 1.0 / n;
    }
    return out;
}

void expect_shares(const std::map<int32_t, double>& found, const std::map<int32_t, double>& expected)
{
    for (const auto& [id, share] : found)
        EXPECT_TRUE(expected.contains(id)) << id << " was removed but came with " << share;
    for (const auto& [id, share] : expected)
        EXPECT_NEAR(found.contains(id) ? found.at(id) : 0, share, 4 * std::sqrt(share * (1 - share) / 20000) + 1e-9)
            << id;
}

TEST(Sampler, DrawsTheModelsOwnDistribution)
{
    expect_shares(shares({.temperature = 1, .top_p = 1}), {{0, .05}, {1, .4}, {2, .1}, {3, .25}, {4, .2}});
}

TEST(Sampler, TemperatureSharpens)
{
    const double sum = .05 * .05 + .4 * .4 + .1 * .1 + .25 * .25 + .2 * .2;
    expect_shares(shares({.temperature = 0.5f, .top_p = 1}),
                  {{0, .0025 / sum}, {1, .16 / sum}, {2, .01 / sum}, {3, .0625 / sum}, {4, .04 / sum}});
}

TEST(Sampler, TopKKeepsTheBest)
{
    expect_shares(shares({.temperature = 1, .top_k = 2, .top_p = 1}), {{1, .4 / .65}, {3, .25 / .65}});
}

TEST(Sampler, TopPKeepsTheFewestThatReachIt)
{
    expect_shares(shares({.temperature = 1, .top_p = 0.7f}), {{1, .4 / .85}, {3, .25 / .85}, {4, .2 / .85}});
    expect_shares(shares({.temperature = 1, .top_p = 0}), {{1, 1}});
}

TEST(Sampler, MinPIsMeasuredAgainstTheBest)
{
    expect_shares(shares({.temperature = 1, .top_p = 1, .min_p = 0.3f}),
                  {{1, .4 / .85}, {3, .25 / .85}, {4, .2 / .85}});
}

TEST(Sampler, FiltersLookAtTemperatureOne)
{
    expect_shares(shares({.temperature = 50, .top_p = 0.39f}), {{1, 1}});
}

TEST(Sampler, GreedyTakesTheBestAndTiesTheLowerId)
{
    Sampler sampler(4, 4);
    sampler.begin({.temperature = 0}, 1, 2);
    std::vector<float> row = {1, 3, 3, 2};
    const Sampled sampled = sampler.sample(row, {});
    EXPECT_EQ(sampled.id, 1);
    ASSERT_EQ(sampled.top.size(), 2u);
    EXPECT_EQ(sampled.top[0].id, 1);
    EXPECT_EQ(sampled.top[1].id, 2);
}

TEST(Sampler, RepetitionPenaltyMovesOnlyWhatCame)
{
    // Token 1 has the logit log(.4) + 3 = 2.08: divided by 2 it falls to e^1.04 against e^3 times the others.
    const std::map<int32_t, double> found = shares({.temperature = 1, .top_p = 1, .repetition_penalty = 2}, {1, 1, 1});
    const double penalised = std::exp((std::log(.4) + 3) / 2 - 3), sum = .6 + penalised;
    expect_shares(found, {{0, .05 / sum}, {1, penalised / sum}, {2, .1 / sum}, {3, .25 / sum}, {4, .2 / sum}});
}

TEST(Sampler, RepetitionWindowForgets)
{
    SamplerOptions options{.temperature = 0, .repetition_penalty = 100, .repetition_window = 2};
    Sampler sampler(5, 0);
    sampler.begin(options, 1, 0);
    std::vector<float> row = logits();
    EXPECT_EQ(sampler.sample(row, std::vector<int32_t>{1, 2, 3}).id, 1);
    EXPECT_EQ(sampler.sample(row, std::vector<int32_t>{2, 1, 3}).id, 4);
}

TEST(Sampler, ReportsTheModelsDistributionWhateverIsRemoved)
{
    Sampler sampler(5, 8);
    sampler.begin({.temperature = 3, .top_k = 1, .top_p = 0.5f, .repetition_penalty = 2}, 1, 3);
    std::vector<float> row = logits();
    const Sampled sampled = sampler.sample(row, std::vector<int32_t>{1});
    double entropy = 0;
    for (const float p : probabilities)
        entropy -= p * std::log(p);
    EXPECT_NEAR(sampled.entropy, entropy, 1e-5);
    EXPECT_NEAR(sampled.logprob, std::log(probabilities[static_cast<size_t>(sampled.id)]), 1e-5);
    ASSERT_EQ(sampled.top.size(), 3u);
    EXPECT_EQ(sampled.top[0].id, 1);
    EXPECT_EQ(sampled.top[1].id, 3);
    EXPECT_EQ(sampled.top[2].id, 4);
    EXPECT_NEAR(sampled.top[0].logprob, std::log(0.4), 1e-5);
}

TEST(Sampler, SurvivesWhatIsNoNumber)
{
    const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    for (const float temperature : {0.0f, 1.0f}) {
        Sampler sampler(4, 4);
        sampler.begin({.temperature = temperature, .top_p = 0.9f, .min_p = 0.1f}, 1, 4);
        std::vector<float> row = {nan, 1, -inf, nan};
        EXPECT_EQ(sampler.sample(row, {}).id, 1);
        row = {nan, nan, nan, nan};
        EXPECT_EQ(sampler.sample(row, {}).id, 0);
        row = {0, inf, 0, -inf};
        EXPECT_EQ(sampler.sample(row, {}).id, 1);
        EXPECT_FALSE(std::isnan(sampler.sample(row, {}).entropy));
    }
}

TEST(Sampler, LargeVocabularyKeepsTopPExact)
{
    constexpr int n = 5000; // more than one round of selection
    Sampler sampler(n, 0);
    sampler.begin({.temperature = 1, .top_p = 0.5f}, 9, 0);
    std::vector<bool> came(n);
    for (int i = 0; i < 4000; ++i) {
        std::vector<float> row(n);
        for (int id = 0; id < n; ++id)
            row[static_cast<size_t>(id)] = -0.0001f * static_cast<float>(id * 7919 % n); // nearly uniform
        came[static_cast<size_t>(sampler.sample(row, {}).id)] = true;
    }
    int lowest = 0;
    for (int id = 0; id < n; ++id)
        if (came[static_cast<size_t>(id)])
            lowest = std::max(lowest, id * 7919 % n);
    // exp(-1e-4 r) summed to half of its total ends at r = 2190.
    EXPECT_LE(lowest, 2190);
    EXPECT_GT(lowest, 2150);
}

TEST(Sampler, RefusesOptionsOutOfRange)
{
    EXPECT_TRUE(Sampler::check({}));
    const float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_FALSE(Sampler::check({.temperature = -0.1f}));
    EXPECT_FALSE(Sampler::check({.temperature = nan}));
    EXPECT_FALSE(Sampler::check({.top_k = -1}));
    EXPECT_FALSE(Sampler::check({.top_p = 1.1f}));
    EXPECT_FALSE(Sampler::check({.min_p = -1}));
    EXPECT_FALSE(Sampler::check({.repetition_penalty = 0}));
    EXPECT_FALSE(Sampler::check({.repetition_window = -1}));
}

} // namespace
} // namespace conclave
