#include "tensor/encode.hpp"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

#include "tensor/codec.hpp"
#include "tensor/decode_rows.hpp"
#include "tensor/kernel_target.hpp"

namespace conclave
{
namespace
{

uint16_t word_of(DType dtype, float x)
{
    uint8_t bytes[2];
    encode(dtype, &x, 1, bytes);
    uint16_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

float float_of(DType dtype, uint16_t word)
{
    float x = 0;
    codec(dtype).decode_ref(reinterpret_cast<const uint8_t*>(&word), 1, &x);
    return x;
}

/// Every finite word, and the numbers half-way between neighbours, which go to the even one.
void expect_nearest(DType dtype, uint16_t infinity)
{
    for (uint32_t sign : {0u, 0x8000u})
        for (uint32_t magnitude = 0; magnitude < infinity; ++magnitude) {
            const auto word = static_cast<uint16_t>(sign | magnitude);
            const float x = float_of(dtype, word);
            ASSERT_EQ(word_of(dtype, x), word);
            if (magnitude + 1u >= infinity)
                continue;
            const auto next = static_cast<uint16_t>(word + 1);
            const float middle = x + (float_of(dtype, next) - x) / 2;
            if (middle == x)
                continue; // below the smallest float
            ASSERT_EQ(word_of(dtype, middle), word % 2 == 0 ? word : next) << word;
            ASSERT_EQ(word_of(dtype, std::nextafter(middle, x)), word);
            ASSERT_EQ(word_of(dtype, std::nextafter(middle, float_of(dtype, next))), next);
        }
}

TEST(Encode, HalvesAreNearest)
{
    expect_nearest(DType::F16, 0x7C00);
    EXPECT_EQ(word_of(DType::F16, 65519.0f), 0x7BFF);
    EXPECT_EQ(word_of(DType::F16, 1e30f), 0x7BFF); // a number stays one
    EXPECT_EQ(word_of(DType::F16, -std::numeric_limits<float>::infinity()), 0xFBFF);
    EXPECT_TRUE(std::isnan(float_of(DType::F16, word_of(DType::F16, std::numeric_limits<float>::quiet_NaN()))));
}

TEST(Encode, Bf16IsNearest)
{
    expect_nearest(DType::BF16, 0x7F80);
    EXPECT_TRUE(std::isnan(float_of(DType::BF16, word_of(DType::BF16, std::numeric_limits<float>::quiet_NaN()))));
}

TEST(Encode, Q8_0IsWithinHalfAStep)
{
    std::mt19937 random(4);
    std::normal_distribution<float> normal;
    std::vector<float> x(64 * 32), back(x.size());
    for (size_t i = 0; i < x.size(); ++i)
        x[i] = normal(random) * std::exp2(static_cast<float>(i / 32 % 20) - 10.0f);
    std::fill_n(x.begin() + 5 * 32, 32, 0.0f);
    std::vector<uint8_t> bytes(x.size() / 32 * 34);
    encode(DType::Q8_0, x.data(), static_cast<int64_t>(x.size()), bytes.data());
    codec(DType::Q8_0).decode_ref(bytes.data(), static_cast<int64_t>(x.size()), back.data());
    for (size_t b = 0; b < x.size(); b += 32) {
        float amax = 0;
        for (size_t i = b; i < b + 32; ++i)
            amax = std::max(amax, std::abs(x[i]));
        for (size_t i = b; i < b + 32; ++i) // half a step, and what d loses as a half on 127 of them
            EXPECT_LE(std::abs(back[i] - x[i]), amax / 127 * 0.5f + amax * 0x1p-11f + 0x1p-24f * 127) << i;
    }
    x[40] = std::numeric_limits<float>::infinity();
    encode(DType::Q8_0, x.data(), 64, bytes.data());
    codec(DType::Q8_0).decode_ref(bytes.data(), 64, back.data());
    EXPECT_FALSE(std::isnan(back[0]));
    EXPECT_TRUE(std::isnan(back[40]));
}

TEST(Encode, RowsApartDecodeAsOneByOne)
{
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    for (const DType dtype : {DType::F32, DType::F16, DType::BF16, DType::Q8_0})
        for (const int64_t n : {32, 96, 128}) {
            const int64_t width = n + 64, n_rows = 5;
            std::vector<float> x(static_cast<size_t>(n_rows * width)), want(static_cast<size_t>(n_rows * n));
            for (float& value : x)
                value = normal(random);
            const DTypeInfo& type = *dtype_info(dtype);
            const int64_t row_bytes = width / type.block_size * type.block_bytes;
            std::vector<uint8_t> bytes(static_cast<size_t>(n_rows * row_bytes));
            encode(dtype, x.data(), n_rows * width, bytes.data());
            for (int64_t r = 0; r < n_rows; ++r)
                codec(dtype).decode_ref(bytes.data() + r * row_bytes, n, want.data() + r * n);
            for (const std::string& target : supported_kernel_targets()) {
                ASSERT_TRUE(select_kernel_target(target));
                std::vector<float> got(want.size());
                decode_rows(dtype, bytes.data(), row_bytes, n_rows, n, got.data());
                EXPECT_EQ(got, want) << type.name << " " << target;
            }
            select_kernel_target("auto");
        }
}

TEST(Encode, FloatsStayAsTheyAre)
{
    const float x[2] = {1.25f, -0.0f};
    uint8_t bytes[8];
    encode(DType::F32, x, 2, bytes);
    EXPECT_EQ(std::memcmp(bytes, x, sizeof x), 0);
    for (const DTypeInfo& type : all_dtypes())
        EXPECT_EQ(can_encode(type.dtype),
                  type.name == "F32" || type.name == "F16" || type.name == "BF16" || type.name == "Q8_0")
            << type.name;
}

} // namespace
} // namespace conclave
