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
    Sampler sampler(5, 8, 64, nullptr);
    sampler.begin({options, 42});
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
    Sampler sampler(4, 4, 64, nullptr);
    const SamplerOptions options{.temperature = 0};
    sampler.begin({options, 1, 2});
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
    Sampler sampler(5, 0, 64, nullptr);
    sampler.begin({options, 1});
    std::vector<float> row = logits();
    EXPECT_EQ(sampler.sample(row, std::vector<int32_t>{1, 2, 3}).id, 1);
    EXPECT_EQ(sampler.sample(row, std::vector<int32_t>{2, 1, 3}).id, 4);
}

TEST(Sampler, ReportsTheModelsDistributionWhateverIsRemoved)
{
    Sampler sampler(5, 8, 64, nullptr);
    const SamplerOptions options{.temperature = 3, .top_k = 1, .top_p = 0.5f, .repetition_penalty = 2};
    sampler.begin({options, 1, 3});
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
        Sampler sampler(4, 4, 64, nullptr);
        const SamplerOptions options{.temperature = temperature, .top_p = 0.9f, .min_p = 0.1f};
        sampler.begin({options, 1, 4});
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
    Sampler sampler(n, 0, 64, nullptr);
    const SamplerOptions options{.temperature = 1, .top_p = 0.5f};
    sampler.begin({options, 9});
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

/// The stages that ran on one token, each with how many candidates it left.
std::vector<std::pair<std::string, int>> stages(const SamplerOptions& options, std::vector<int32_t> recent = {})
{
    Sampler sampler(5, 8, 64, nullptr);
    sampler.begin({options, 1, 0, 5});
    std::vector<std::pair<std::string, int>> out;
    for (const SamplerReport& report : sampler.sample(logits(), recent).stages)
        out.emplace_back(report.stage ? sampler_stage_name(*report.stage) : "model", report.n_candidates);
    return out;
}

using Stages = std::vector<std::pair<std::string, int>>;

TEST(Sampler, ReportsTheDistributionAfterEachStage)
{
    Sampler sampler(5, 8, 64, nullptr);
    const SamplerOptions options{.temperature = 0.5f, .top_k = 3, .top_p = 1};
    sampler.begin({options, 1, 0, 2});
    const Sampled sampled = sampler.sample(logits(), {});
    ASSERT_EQ(sampled.stages.size(), 3u);
    const SamplerReport &model = sampled.stages[0], &top_k = sampled.stages[1], &temperature = sampled.stages[2];
    EXPECT_EQ(model.stage, std::nullopt);
    EXPECT_EQ(model.n_candidates, 5);
    EXPECT_NEAR(model.entropy, static_cast<double>(sampled.entropy), 1e-6);
    ASSERT_EQ(model.top.size(), 2u);
    EXPECT_EQ(model.top[0].id, 1);
    EXPECT_NEAR(model.top[0].logprob, std::log(0.4), 1e-6);
    EXPECT_EQ(top_k.stage, SamplerStage::top_k);
    EXPECT_EQ(top_k.n_candidates, 3);
    EXPECT_NEAR(top_k.top[1].logprob, std::log(0.25 / 0.85), 1e-6);
    EXPECT_EQ(temperature.stage, SamplerStage::temperature);
    EXPECT_NEAR(temperature.top[0].logprob, std::log(0.16 / (0.16 + 0.0625 + 0.04)), 1e-6);
}

TEST(Sampler, ReportsNothingUnasked)
{
    Sampler sampler(5, 8, 64, nullptr);
    const SamplerOptions options{.top_k = 3};
    sampler.begin({options, 1, 5, 0});
    EXPECT_TRUE(sampler.sample(logits(), {}).stages.empty());
}

TEST(Sampler, RunsStagesInTheOrderAsked)
{
    SamplerOptions options{.temperature = 0.5f, .top_k = 2, .top_p = 0.6f};
    EXPECT_EQ(stages(options), (Stages{{"model", 5}, {"top_k", 2}, {"top_p", 1}, {"temperature", 1}}));
    options.order = {SamplerStage::top_p, SamplerStage::top_k};
    EXPECT_EQ(stages(options), (Stages{{"model", 5}, {"top_p", 2}, {"top_k", 2}})) << "what is left out is off";
}

TEST(Sampler, GreedyHeedsBiasAndPenaltiesAlone)
{
    SamplerOptions options{.temperature = 0, .top_k = 2, .xtc_probability = 1, .presence_penalty = 9, .mirostat = 2};
    options.logit_bias = {{3, -std::numeric_limits<float>::infinity()}};
    EXPECT_EQ(stages(options, {1}), (Stages{{"model", 5}, {"logit_bias", 4}, {"penalties", 4}}));
    Sampler sampler(5, 0, 64, nullptr);
    sampler.begin({options, 1});
    EXPECT_EQ(sampler.sample(logits(), std::vector<int32_t>{1}).id, 4) << "1 came, 3 is banned";
}

TEST(Sampler, MirostatStandsInForTruncations)
{
    const SamplerOptions options{
        .temperature = 0.9f, .top_k = 1, .min_p = 0.5f, .xtc_probability = 1, .presence_penalty = 0.1f, .mirostat = 2};
    EXPECT_EQ(stages(options, {0}), (Stages{{"model", 5}, {"penalties", 5}, {"temperature", 5}, {"mirostat", 5}}));
}

TEST(Sampler, XtcComesAsOftenAsAsked)
{
    SamplerOptions options{.temperature = 1, .top_p = 1, .xtc_probability = 0.25f, .xtc_threshold = 0.15f};
    // With XTC, 1 and 3 go and 4 stays: .05, .1 and .2 are left.
    const auto mixed = [](double p, double left) { return 0.75 * p + 0.25 * left / 0.35; };
    expect_shares(
        shares(options),
        {{0, mixed(.05, .05)}, {1, mixed(.4, 0)}, {2, mixed(.1, .1)}, {3, mixed(.25, 0)}, {4, mixed(.2, .2)}});
}

TEST(Sampler, MaskLeavesOnlyWhatIsAllowed)
{
    Sampler sampler(5, 8, 64, nullptr);
    const SamplerOptions options{.temperature = 1, .top_p = 0.5f};
    sampler.begin({options, 1, 0, 5});
    const std::vector<uint64_t> allowed = {0b10101};
    const Sampled sampled = sampler.sample(logits(), {}, allowed);
    EXPECT_EQ(sampled.stages[1].stage, SamplerStage::grammar);
    EXPECT_EQ(sampled.stages[1].n_candidates, 3);
    EXPECT_EQ(sampled.id, 4) << "the best of 0, 2 and 4 has more than half of what they have";
}

TEST(Sampler, RefusesOptionsOutOfRange)
{
    EXPECT_TRUE(Sampler::check({}, 5));
    const float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_FALSE(Sampler::check({.temperature = -0.1f}, 5));
    EXPECT_FALSE(Sampler::check({.temperature = nan}, 5));
    EXPECT_FALSE(Sampler::check({.top_k = -1}, 5));
    EXPECT_FALSE(Sampler::check({.top_p = 1.1f}, 5));
    EXPECT_FALSE(Sampler::check({.min_p = -1}, 5));
    EXPECT_FALSE(Sampler::check({.repetition_penalty = 0}, 5));
    EXPECT_FALSE(Sampler::check({.repetition_window = -2}, 5));
    EXPECT_FALSE(Sampler::check({.dry_breakers = {""}}, 5));
    EXPECT_FALSE(Sampler::check({.mirostat = 3}, 5));
    EXPECT_FALSE(Sampler::check({.logit_bias = {{5, 1}}}, 5));
    EXPECT_FALSE(Sampler::check({.logit_bias = {{4, nan}}}, 5));
    EXPECT_FALSE(Sampler::check({.order = {SamplerStage::top_k, SamplerStage::top_k}}, 5));
    EXPECT_FALSE(Sampler::check({.order = {SamplerStage::mirostat}}, 5));
}

} // namespace
} // namespace conclave
