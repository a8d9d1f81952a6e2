#include <gtest/gtest.h>

#include "generate/samplers/distribution.hpp"
#include "generate/samplers/truncation.hpp"

namespace conclave
{
namespace
{

TEST(Xtc, LeavesTheLeastOfTheLikely)
{
    for (const size_t n : test::sizes)
        for (const double threshold : {0.001, 0.05, 0.2}) {
            const std::vector<float> logits = test::random_logits(n, 9);
            Candidates candidates = test::candidates(logits);
            exclude_top_choices(candidates, threshold);
            test::Distribution expected = test::softmax(logits);
            size_t n_likely = 0;
            while (n_likely < n && expected[n_likely].second >= threshold)
                ++n_likely;
            if (n_likely > 1)
                expected.erase(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(n_likely) - 1);
            EXPECT_TRUE(test::same(candidates, expected)) << n << " " << threshold;
        }
}

TEST(Xtc, OneLikelyTokenStays)
{
    Candidates candidates = test::candidates({10, 0, 0});
    exclude_top_choices(candidates, 0.1);
    EXPECT_EQ(candidates.size(), 3u);
}

} // namespace
} // namespace conclave
