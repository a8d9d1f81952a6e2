#include <gtest/gtest.h>

#include "generate/samplers/distribution.hpp"
#include "generate/samplers/truncation.hpp"

namespace conclave
{
namespace
{

TEST(TopP, KeepsTheFewestThatReachIt)
{
    for (const size_t n : test::sizes)
        for (const float spread : {0.3f, 3.0f})
            for (const double p : {0.0, 0.3, 0.8, 0.95}) {
                const std::vector<float> logits = test::random_logits(n, 2, spread);
                Candidates candidates = test::candidates(logits);
                keep_top_p(candidates, p);
                test::Distribution expected = test::softmax(logits);
                double sum = 0;
                size_t kept = 0;
                while (kept == 0 || (kept < n && sum < p))
                    sum += expected[kept++].second;
                expected.resize(kept);
                EXPECT_EQ(candidates.id(0), expected[0].first) << "most probable first";
                EXPECT_TRUE(test::same(candidates, expected)) << n << " " << p;
            }
}

} // namespace
} // namespace conclave
