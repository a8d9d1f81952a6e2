#include <gtest/gtest.h>

#include "generate/samplers/distribution.hpp"
#include "generate/samplers/truncation.hpp"

namespace conclave
{
namespace
{

TEST(TopK, KeepsTheBest)
{
    for (const size_t n : test::sizes) {
        const std::vector<float> logits = test::random_logits(n, 1);
        for (const int k : {1, 2, 40, 5000, 100000}) {
            Candidates candidates = test::candidates(logits);
            keep_top_k(candidates, k);
            test::Distribution expected = test::softmax(logits);
            expected.resize(std::min(n, static_cast<size_t>(k)));
            EXPECT_EQ(candidates.id(0), expected[0].first) << "most probable first";
            EXPECT_TRUE(test::same(candidates, expected)) << n << " " << k;
        }
    }
}

} // namespace
} // namespace conclave
