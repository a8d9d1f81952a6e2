#include <gtest/gtest.h>

#include "generate/samplers/distribution.hpp"
#include "generate/samplers/truncation.hpp"

namespace conclave
{
namespace
{

TEST(TopNSigma, KeepsLogitsNearTheHighest)
{
    for (const size_t n : test::sizes)
        for (const double width : {0.3, 1.0, 2.5}) {
            const std::vector<float> logits = test::random_logits(n, 4);
            Candidates candidates = test::candidates(logits);
            keep_top_n_sigma(candidates, width);
            double mean = 0, variance = 0;
            for (const float logit : logits)
                mean += static_cast<double>(logit) / static_cast<double>(n);
            for (const float logit : logits)
                variance += (logit - mean) * (logit - mean) / static_cast<double>(n);
            const double least = *std::ranges::max_element(logits) - width * std::sqrt(variance);
            test::Distribution expected = test::softmax(logits);
            std::erase_if(expected, [&](const auto& token) {
                return static_cast<double>(logits[static_cast<size_t>(token.first)]) < least - 1e-7;
            });
            EXPECT_TRUE(test::same(candidates, expected)) << n << " " << width;
        }
}

TEST(TopNSigma, BannedTokensDoNotWidenIt)
{
    std::vector<float> logits = test::random_logits(100, 5);
    Candidates without = test::candidates(logits);
    keep_top_n_sigma(without, 1);
    logits.insert(logits.end(), 50, -std::numeric_limits<float>::infinity());
    Candidates with = test::candidates(logits);
    keep_top_n_sigma(with, 1);
    EXPECT_EQ(with.size(), without.size());
}

} // namespace
} // namespace conclave
