#include "base/crc32c.hpp"

#include <cstring>
#include <gtest/gtest.h>
#include <numeric>
#include <string_view>
#include <vector>

namespace conclave
{
namespace
{

std::span<const uint8_t> bytes_of(std::string_view text)
{
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

TEST(Crc32c, EqualsThePublishedVectors)
{
    // RFC 3720 B.4 and the usual check value.
    EXPECT_EQ(crc32c({}), 0u);
    EXPECT_EQ(crc32c(bytes_of("123456789")), 0xE3069283u);
    EXPECT_EQ(crc32c(std::vector<uint8_t>(32, 0x00)), 0x8A9136AAu);
    EXPECT_EQ(crc32c(std::vector<uint8_t>(32, 0xFF)), 0x62A8AB43u);
    std::vector<uint8_t> ascending(32);
    std::iota(ascending.begin(), ascending.end(), uint8_t{0});
    EXPECT_EQ(crc32c(ascending), 0x46DD794Eu);
}

TEST(Crc32c, GoesOnFromAnEarlierResult)
{
    std::vector<uint8_t> bytes(1000);
    for (size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<uint8_t>(i * 31 + 7);
    const uint32_t whole = crc32c(bytes);
    for (size_t cut = 0; cut <= bytes.size(); cut += 13) {
        const std::span<const uint8_t> all(bytes);
        EXPECT_EQ(crc32c(all.subspan(cut), crc32c(all.first(cut))), whole) << "cut at " << cut;
    }
}

} // namespace
} // namespace conclave
