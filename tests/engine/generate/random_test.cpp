#include "generate/random.hpp"

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

/// From an independent implementation of the published algorithms; a seed shown to someone means these numbers.
TEST(Random, SeedMeansTheseNumbersForEver)
{
    Random random(42);
    EXPECT_EQ(random.next(), 0x15780b2e0c2ec716u);
    EXPECT_EQ(random.next(), 0x6104d9866d113a7eu);
    EXPECT_EQ(random.next(), 0xae17533239e499a1u);
}

TEST(Random, UniformStaysBelowOne)
{
    Random random(7);
    double sum = 0;
    for (int i = 0; i < 100000; ++i) {
        const double u = random.uniform();
        ASSERT_GE(u, 0);
        ASSERT_LT(u, 1);
        sum += u;
    }
    EXPECT_NEAR(sum / 100000, 0.5, 0.004);
}

TEST(Random, FreshSeedsDiffer)
{
    EXPECT_NE(fresh_seed(), fresh_seed());
}

} // namespace
} // namespace conclave
