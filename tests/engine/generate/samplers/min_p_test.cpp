#include <gtest/gtest.h>

#include "generate/samplers/distribution.hpp"
#include "generate/samplers/truncation.hpp"

namespace conclave
{
namespace
{

TEST(MinP, KeepsAShareOfTheBest)
{
    for (const size_t n : test::sizes)
        for (const double p : {0.001, 0.05, 0.5, 1.0}) {
            const std::vector<float> logits = test::random_logits(n, 3);
            Candidates candidates = test::candidates(logits);
            keep_min_p(candidates, p);
            test::Distribution expected = test::softmax(logits);
            const double least = p * expected[0].second;
            std::erase_if(expected, [&](const auto& token) { return token.second < least * (1 - 1e-9); });
            EXPECT_TRUE(test::same(candidates, expected)) << n << " " << p;
        }
}

} // namespace
} // namespace conclave
