#include <gtest/gtest.h>

#include "generate/samplers/distribution.hpp"
#include "generate/samplers/penalties.hpp"

namespace conclave
{
namespace
{

TEST(LogitBias, AddsAndBans)
{
    std::vector<float> logits = test::random_logits(20, 1);
    Candidates candidates = test::candidates(logits);
    const std::vector<LogitBias> biases = {{3, 2}, {5, -std::numeric_limits<float>::infinity()}, {3, 1}};
    apply_logit_bias(candidates, biases);
    logits[3] += 3;
    logits[5] = -200;
    EXPECT_TRUE(test::same(candidates, test::softmax(logits)));
    EXPECT_EQ(candidates.probability(5), 0);
}

} // namespace
} // namespace conclave
