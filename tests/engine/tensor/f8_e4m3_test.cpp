#include "tensor/f8_e4m3.hpp"

#include <bit>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "random_blocks.hpp"
#include "tensor/codec.hpp"
#include "tensor/kernel_target.hpp"

namespace conclave
{
namespace
{

TEST(F8E4M3, NumbersOfTheSpecification)
{
    const auto value = [](uint8_t byte) {
        float out = 0;
        codec(DType::F8_E4M3).decode_ref(&byte, 1, &out);
        return out;
    };
    EXPECT_EQ(value(0x7E), 448.0f) << "the largest";
    EXPECT_EQ(value(0x08), 0x1p-6f) << "the smallest normal";
    EXPECT_EQ(value(0x01), 0x1p-9f) << "the smallest";
    EXPECT_EQ(value(0x38), 1.0f);
    EXPECT_EQ(value(0xB8), -1.0f);
    EXPECT_TRUE(std::signbit(value(0x80)));
    EXPECT_TRUE(std::isnan(value(0x7F)) && std::isnan(value(0xFF)));
}

TEST(F8E4M3, EveryTargetDecodesEveryByteAlike)
{
    std::vector<uint8_t> bytes(256);
    std::iota(bytes.begin(), bytes.end(), uint8_t{0});
    std::vector<float> want(256), got(256);
    codec(DType::F8_E4M3).decode_ref(bytes.data(), 256, want.data());
    for (const std::string& target : supported_kernel_targets()) {
        ASSERT_TRUE(select_kernel_target(target));
        codec(DType::F8_E4M3).decode(bytes.data(), 256, got.data());
        for (size_t i = 0; i < 256; ++i)
            EXPECT_EQ(std::bit_cast<uint32_t>(got[i]), std::bit_cast<uint32_t>(want[i])) << target << " byte " << i;
    }
    select_kernel_target("auto");
}

TEST(F8E4M3, ScaledDotEqualsTheSumInDouble)
{
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    auto targets = supported_kernel_targets();
    targets.emplace_back("auto");
    for (const std::string& target : targets) {
        ASSERT_TRUE(select_kernel_target(target));
        for (const int64_t n : {1, 7, 16, 127, 128, 129, 256, 300, 1408, 7168}) {
            constexpr int64_t n_rows = 3;
            const auto rows = random_blocks(random, *dtype_info(DType::F8_E4M3), n * n_rows);
            std::vector<float> scales(static_cast<size_t>((n + 127) / 128)), x(static_cast<size_t>(n)),
                decoded(static_cast<size_t>(n)), out(n_rows);
            for (float& scale : scales)
                scale = std::exp(normal(random));
            for (float& value : x)
                value = normal(random);
            dot_scaled_rows_f8_e4m3(rows.data(), n, n_rows, n, scales.data(), x.data(), out.data());
            for (int64_t r = 0; r < n_rows; ++r) {
                codec(DType::F8_E4M3).decode_ref(rows.data() + r * n, n, decoded.data());
                double want = 0, magnitude = 0;
                for (size_t i = 0; i < x.size(); ++i) {
                    const double part = static_cast<double>(scales[i / 128]) * decoded[i] * x[i];
                    want += part;
                    magnitude += std::abs(part);
                }
                EXPECT_NEAR(out[static_cast<size_t>(r)], want, 4 * 0x1p-23 * magnitude) << target << " n " << n;
                float alone = 0;
                dot_scaled_rows_f8_e4m3(rows.data() + r * n, n, 1, n, scales.data(), x.data(), &alone);
                EXPECT_EQ(alone, out[static_cast<size_t>(r)]);
            }
        }
    }
    select_kernel_target("auto");
}

} // namespace
} // namespace conclave
