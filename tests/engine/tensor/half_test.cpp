#include "tensor/half.hpp"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "tensor/codec.hpp"
#include "tensor/kernel_target.hpp"

namespace conclave
{
namespace
{

TEST(Half, KnownValues)
{
    EXPECT_EQ(float_of_half(0x0000), 0.0f);
    EXPECT_TRUE(std::signbit(float_of_half(0x8000)));
    EXPECT_EQ(float_of_half(0x3C00), 1.0f);
    EXPECT_EQ(float_of_half(0xC000), -2.0f);
    EXPECT_EQ(float_of_half(0x7BFF), 65504.0f);
    EXPECT_EQ(float_of_half(0x0001), 0x1p-24f);
    EXPECT_EQ(float_of_half(0x03FF), 1023 * 0x1p-24f);
    EXPECT_EQ(float_of_half(0x7C00), INFINITY);
    EXPECT_TRUE(std::isnan(float_of_half(0x7C01)));
    EXPECT_EQ(float_of_bf16(0x3F80), 1.0f);
    EXPECT_EQ(float_of_bf16(0xC2F7), -123.5f);
}

TEST(Half, EveryOneDecodesAlikeOnEveryTarget)
{
    std::vector<uint16_t> halves(65536);
    for (size_t i = 0; i < halves.size(); ++i)
        halves[i] = static_cast<uint16_t>(i);
    const auto* bytes = reinterpret_cast<const uint8_t*>(halves.data());
    for (const DType dtype : {DType::F16, DType::BF16})
        for (const std::string& target : supported_kernel_targets()) {
            ASSERT_TRUE(select_kernel_target(target));
            std::vector<float> want(halves.size()), got(halves.size());
            codec(dtype).decode_ref(bytes, 65536, want.data());
            codec(dtype).decode(bytes, 65536, got.data());
            for (size_t i = 0; i < halves.size(); ++i) {
                // A NaN stays a NaN; its payload is the processor's business.
                if (std::isnan(want[i]))
                    ASSERT_TRUE(std::isnan(got[i])) << target << " " << i;
                else
                    ASSERT_EQ(std::bit_cast<uint32_t>(got[i]), std::bit_cast<uint32_t>(want[i])) << target << " " << i;
            }
        }
    select_kernel_target("auto");
}

} // namespace
} // namespace conclave
