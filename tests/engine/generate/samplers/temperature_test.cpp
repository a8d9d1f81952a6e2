#include "generate/samplers/temperature.hpp"

#include <gtest/gtest.h>

#include "generate/samplers/distribution.hpp"

namespace conclave
{
namespace
{

test::Distribution at(const std::vector<float>& logits, double temperature)
{
    test::Distribution tokens = test::softmax(logits);
    for (auto& token : tokens)
        token.second = std::pow(token.second, 1 / temperature);
    return tokens;
}

TEST(Temperature, RaisesProbabilitiesToItsInverse)
{
    for (const double temperature : {0.2, 1.0, 3.0}) {
        const std::vector<float> logits = test::random_logits(1000, 1);
        Candidates candidates = test::candidates(logits);
        apply_temperature(candidates, temperature);
        EXPECT_TRUE(test::same(candidates, at(logits, temperature)));
    }
}

TEST(Temperature, DynamicFollowsTheEntropy)
{
    for (const float spread : {0.1f, 1.0f, 6.0f}) {
        const std::vector<float> logits = test::random_logits(500, 2, spread);
        double entropy = 0;
        for (const auto& [id, p] : test::softmax(logits))
            entropy -= p * std::log(p);
        Candidates candidates = test::candidates(logits);
        apply_dynamic_temperature(candidates, {.temperature = 1, .range = 0.8, .exponent = 2});
        EXPECT_TRUE(test::same(candidates, at(logits, 0.2 + 1.6 * std::pow(entropy / std::log(500), 2))));
    }
}

TEST(Temperature, DynamicLeavesOneCandidateAlone)
{
    Candidates candidates = test::candidates({1});
    apply_dynamic_temperature(candidates, {.temperature = 0.5, .range = 5});
    EXPECT_EQ(candidates.logit(0), 1);
}

} // namespace
} // namespace conclave
