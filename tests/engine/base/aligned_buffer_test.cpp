#include "base/aligned_buffer.hpp"

#include <algorithm>
#include <cstdint>
#include <gtest/gtest.h>
#include <utility>

namespace conclave
{
namespace
{

class AlignedBufferSizes : public testing::TestWithParam<size_t>
{
};

TEST_P(AlignedBufferSizes, IsAlignedZeroedAndWritable)
{
    for (const auto pages : {AlignedBuffer::Pages::normal, AlignedBuffer::Pages::huge}) {
        auto buffer = AlignedBuffer::allocate(GetParam(), pages);
        ASSERT_TRUE(buffer);
        EXPECT_EQ(buffer->n_bytes(), GetParam());
        EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer->data()) % AlignedBuffer::alignment, 0u);
        const auto bytes = buffer->as<uint8_t>();
        EXPECT_TRUE(std::ranges::all_of(bytes, [](uint8_t b) { return b == 0; }));
        std::ranges::fill(bytes, uint8_t{0xA5});
        EXPECT_EQ(std::ranges::count(bytes, uint8_t{0xA5}), static_cast<ptrdiff_t>(GetParam()));
    }
}

INSTANTIATE_TEST_SUITE_P(SmallAndLarge, AlignedBufferSizes,
                         testing::Values(0, 1, 63, 64, 4097, (1 << 20) - 1, 1 << 20, (1 << 22) + 1));

TEST(AlignedBuffer, MovesItsMemory)
{
    auto first = AlignedBuffer::allocate(100);
    ASSERT_TRUE(first);
    const std::byte* data = first->data();
    AlignedBuffer second = std::move(*first);
    EXPECT_EQ(second.data(), data);
    EXPECT_EQ(first->data(), nullptr);
    EXPECT_EQ(first->n_bytes(), 0u);
    second = AlignedBuffer();
    EXPECT_EQ(second.data(), nullptr);
}

TEST(AlignedBuffer, RefusesWhatNoMachineHas)
{
    for (const size_t n_bytes : {SIZE_MAX, SIZE_MAX - 63, SIZE_MAX / 2}) {
        const auto buffer = AlignedBuffer::allocate(n_bytes);
        ASSERT_FALSE(buffer);
        EXPECT_EQ(buffer.error().code, ErrorCode::out_of_memory);
        EXPECT_NE(buffer.error().message.find("MiB"), std::string::npos);
    }
}

} // namespace
} // namespace conclave
