#include "base/hash64.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <string_view>
#include <vector>

namespace conclave
{
namespace
{

uint64_t hash_of(std::string_view text, uint64_t seed = 0)
{
    return hash64({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, seed);
}

TEST(Hash64, EqualsXxh64)
{
    EXPECT_EQ(hash_of(""), 0xEF46DB3751D8E999u);
    EXPECT_EQ(hash_of("a"), 0xD24EC4F1A98C6E5Bu);
    EXPECT_EQ(hash_of("abc"), 0x44BC2CF5AD770999u);
    // Long enough for the four-lane loop and every tail.
    EXPECT_EQ(hash_of("Nobody inspects the spammish repetition"), 0xFBCEA83C8A378BF1u);
}

TEST(Hash64, EveryLengthAndSeedDiffers)
{
    const std::vector<uint8_t> zeros(100, 0);
    std::vector<uint64_t> seen;
    for (size_t n = 0; n <= zeros.size(); ++n)
        for (const uint64_t seed : {0u, 1u})
            seen.push_back(hash64(std::span<const uint8_t>(zeros).first(n), seed));
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
}

} // namespace
} // namespace conclave
