#include "formats/byte_reader.hpp"

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

TEST(ByteReader, ReadsInOrderAndStopsAtTheEnd)
{
    const uint8_t bytes[] = {1, 2, 0, 0, 0, 'a', 'b', 9};
    ByteReader reader(bytes);
    EXPECT_EQ(reader.number<uint8_t>(), 1);
    EXPECT_EQ(reader.number<uint32_t>(), 2u);
    EXPECT_EQ(reader.text(2), "ab");
    EXPECT_EQ(reader.offset(), 7u);
    EXPECT_FALSE(reader.number<uint16_t>()) << "one byte is left";
    EXPECT_FALSE(reader.text(2));
    EXPECT_FALSE(reader.text(UINT64_MAX));
    EXPECT_EQ(reader.offset(), 7u) << "what does not fit moves nothing";
    EXPECT_EQ(reader.number<uint8_t>(), 9);
    EXPECT_EQ(reader.remaining(), 0u);
    EXPECT_EQ(reader.text(0), "");
}

} // namespace
} // namespace conclave
