#include "generate/samplers/penalties.hpp"

#include <gtest/gtest.h>

#include "generate/samplers/distribution.hpp"

namespace conclave
{
namespace
{

TEST(Penalties, FollowTheirFormula)
{
    const std::vector<float> logits = test::random_logits(50, 1);
    const std::vector<int32_t> recent = {4, 7, 7, 9, 4, 7, 30};
    SamplerOptions options;
    options.repetition_penalty = 1.5f;
    options.presence_penalty = 0.25f;
    options.frequency_penalty = 0.125f;
    options.repetition_window = 5;
    std::vector<float> expected = logits;
    for (const auto& [id, count] : std::map<int32_t, float>{{7, 2}, {9, 1}, {4, 1}, {30, 1}}) {
        float& logit = expected[static_cast<size_t>(id)];
        logit = (logit > 0 ? logit / 1.5f : logit * 1.5f) - 0.25f - 0.125f * count;
    }
    Penalties penalties(50);
    for (int again = 0; again < 2; ++again) {
        Candidates candidates = test::candidates(logits);
        penalties.apply(candidates, recent, options);
        EXPECT_TRUE(test::same(candidates, test::softmax(expected)));
    }
    options.repetition_window = 0;
    Candidates untouched = test::candidates(logits);
    penalties.apply(untouched, recent, options);
    EXPECT_TRUE(test::same(untouched, test::softmax(logits)));
}

TEST(Penalties, ReachTokensAfterATruncation)
{
    const std::vector<float> logits = {1, 2, 3, 4};
    SamplerOptions options;
    options.presence_penalty = 10;
    Candidates candidates = test::candidates(logits);
    candidates.keep(candidates.best(2));
    Penalties(4).apply(candidates, std::vector<int32_t>{3, 0}, options);
    EXPECT_EQ(candidates.logit(candidates.find(3)), -6);
    EXPECT_EQ(candidates.logit(candidates.find(2)), 3);
}

} // namespace
} // namespace conclave
