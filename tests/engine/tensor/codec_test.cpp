#include "tensor/codec.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

#include "random_blocks.hpp"
#include "tensor/kernel_target.hpp"

namespace conclave
{
namespace
{

/// Every type with every target of this processor.
class CodecTest : public testing::TestWithParam<std::tuple<DType, std::string>>
{
protected:
    void SetUp() override
    {
        if (const auto& target = std::get<1>(GetParam()); target != "reference") {
            ASSERT_TRUE(select_kernel_target(target));
            ASSERT_EQ(kernel_target_name(), target);
        }
    }
    void TearDown() override { select_kernel_target("auto"); }

    const DTypeInfo& info() const { return *dtype_info(std::get<0>(GetParam())); }
    const Codec& type() const { return codec(info().dtype); }

    /// One block, odd counts, tails of every group of eight blocks, and what real rows have.
    std::vector<int64_t> sizes() const
    {
        if (info().block_size == 256)
            return {256, 512, 768, 1280, 7168};
        if (info().block_size == 32)
            return {32, 64, 96, 128, 160, 192, 224, 256, 288, 1408, 7168};
        return {1, 2, 3, 7, 15, 16, 17, 31, 33, 63, 64, 65, 127, 130, 1408, 7168};
    }

    /// The largest product of scale and quant, or minimum, that the kernel may sum for each element of a row.
    std::vector<double> largest_parts(const uint8_t* row, int64_t n) const
    {
        std::vector<double> parts(static_cast<size_t>(n));
        if (!type().takes_int8)
            return parts;
        std::vector<uint8_t> q(parts.size());
        std::vector<float> d(parts.size() / 16), m(parts.size() / 16);
        type().unpack(row, n, {q.data(), d.data(), m.data()});
        const double largest_quant = type().form.has_min ? 31.0 : std::ldexp(2.0, type().form.offset_bits);
        for (size_t i = 0; i < parts.size(); ++i) {
            const size_t group = i * static_cast<size_t>(type().form.scales_per_32) / 32;
            parts[i] = largest_quant * std::abs(d[group]) + std::abs(m[group]);
        }
        return parts;
    }

    std::mt19937 m_random{7};
};

/// An activation and the memory behind it.
struct ActivationData {
    ActivationData(std::mt19937& random, int64_t n) : x(static_cast<size_t>(n))
    {
        std::normal_distribution<float> normal;
        for (float& value : x)
            value = normal(random);
        if (n % 32 != 0)
            return;
        q.resize(x.size());
        scale.resize(x.size() / 32);
        sum.resize(x.size() / 32);
        half_sum.resize(x.size() / 16);
        quantize_activation_ref(x.data(), n, {q.data(), scale.data(), sum.data(), half_sum.data()});
    }

    Activation view() const { return {x.data(), q.data(), scale.data(), sum.data(), half_sum.data()}; }
    /// What dot_rows multiplies with.
    double value(bool as_int8, size_t i) const
    {
        return as_int8 ? static_cast<double>(scale[i / 32]) * q[i] : static_cast<double>(x[i]);
    }

    std::vector<float> x, scale, sum, half_sum;
    std::vector<int8_t> q;
};

TEST_P(CodecTest, DecodesAsTheReferenceBitForBit)
{
    for (const int64_t n : sizes()) {
        const auto blocks = random_blocks(m_random, info(), n);
        // One byte further, so that nothing is aligned; exact memory, so that asan sees a read behind the end.
        std::vector<uint8_t> shifted(blocks.size() + 1);
        std::ranges::copy(blocks, shifted.begin() + 1);
        std::vector<float> want(static_cast<size_t>(n)), got(static_cast<size_t>(n));
        type().decode_ref(shifted.data() + 1, n, want.data());
        type().decode(shifted.data() + 1, n, got.data());
        for (size_t i = 0; i < want.size(); ++i)
            ASSERT_EQ(std::bit_cast<uint32_t>(got[i]), std::bit_cast<uint32_t>(want[i]))
                << n << " elements, element " << i;
    }
}

TEST_P(CodecTest, DotEqualsTheSumInDoubleWithinRounding)
{
    for (const int64_t n : sizes()) {
        constexpr int64_t n_rows = 5;
        const int64_t row_bytes = n / info().block_size * info().block_bytes;
        auto rows = random_blocks(m_random, info(), n * n_rows);
        rows.insert(rows.begin(), uint8_t{0}); // unaligned
        const ActivationData activation(m_random, n);
        std::vector<float> out(n_rows), decoded(static_cast<size_t>(n));
        type().dot_rows(rows.data() + 1, row_bytes, n_rows, n, activation.view(), out.data());
        for (int64_t r = 0; r < n_rows; ++r) {
            type().decode_ref(rows.data() + 1 + r * row_bytes, n, decoded.data());
            const auto parts = largest_parts(rows.data() + 1 + r * row_bytes, n);
            double want = 0, magnitude = 0;
            for (size_t i = 0; i < decoded.size(); ++i) {
                const double x = activation.value(type().takes_int8, i);
                want += decoded[i] * x;
                magnitude += std::abs(decoded[i] * x);
                // Blocks with an offset or a minimum sum it apart.
                magnitude += std::abs(x) * parts[i];
            }
            // 2^-23 for each of the few roundings a term goes through; sums of lanes grow slower than this allows.
            EXPECT_NEAR(out[static_cast<size_t>(r)], want, 4 * 0x1p-23 * magnitude + 1e-30)
                << n << " elements, row " << r;
        }
    }
}

TEST_P(CodecTest, ARowDoesNotDependOnItsNeighbours)
{
    constexpr int64_t n = 1280, n_rows = 9;
    const int64_t row_bytes = n / info().block_size * info().block_bytes + 3; // rows may lie apart
    const auto blocks = random_blocks(m_random, info(), n * n_rows);
    std::vector<uint8_t> rows(static_cast<size_t>(row_bytes * n_rows));
    for (int64_t r = 0; r < n_rows; ++r)
        std::copy_n(blocks.begin() + r * (row_bytes - 3), row_bytes - 3, rows.begin() + r * row_bytes);
    const ActivationData activation(m_random, n);
    std::vector<float> together(n_rows);
    type().dot_rows(rows.data(), row_bytes, n_rows, n, activation.view(), together.data());
    for (const int64_t group : {1, 2, 4, 7})
        for (int64_t r = 0; r < n_rows; r += group) {
            std::vector<float> apart(static_cast<size_t>(std::min(group, n_rows - r)));
            type().dot_rows(rows.data() + r * row_bytes, row_bytes, static_cast<int64_t>(apart.size()), n,
                            activation.view(), apart.data());
            for (size_t i = 0; i < apart.size(); ++i)
                EXPECT_EQ(std::bit_cast<uint32_t>(apart[i]),
                          std::bit_cast<uint32_t>(together[static_cast<size_t>(r) + i]));
        }
}

TEST_P(CodecTest, ExtremeQuantsDoNotOverflow)
{
    const int64_t n = 7168;
    for (const uint8_t byte : {uint8_t{0x00}, uint8_t{0x7F}, uint8_t{0x80}, uint8_t{0xFF}})
        for (const int sign : {-1, 1}) {
            auto blocks = random_blocks(m_random, info(), n);
            if (!type().takes_int8)
                break;
            std::ranges::fill(blocks, byte);
            for (size_t b = 0; b < blocks.size(); b += static_cast<size_t>(info().block_bytes))
                set_scales_to_one(info(), &blocks[b]);
            ActivationData activation(m_random, n);
            std::ranges::fill(activation.q, static_cast<int8_t>(127 * sign));
            std::ranges::fill(activation.scale, 1.0f);
            std::ranges::fill(activation.sum, static_cast<float>(32 * 127 * sign));
            std::ranges::fill(activation.half_sum, static_cast<float>(16 * 127 * sign));
            std::vector<float> decoded(static_cast<size_t>(n));
            type().decode_ref(blocks.data(), n, decoded.data());
            const auto parts = largest_parts(blocks.data(), n);
            double want = 0, magnitude = 0;
            for (size_t i = 0; i < decoded.size(); ++i) {
                want += static_cast<double>(decoded[i]) * 127 * sign;
                magnitude += (std::abs(static_cast<double>(decoded[i])) + parts[i]) * 127;
            }
            float out = 0;
            type().dot_rows(blocks.data(), static_cast<int64_t>(blocks.size()), 1, n, activation.view(), &out);
            EXPECT_NEAR(out, want, 1e-5 * magnitude) << "bytes " << int{byte} << " sign " << sign;
        }
}

std::vector<std::string> targets_here()
{
    auto targets = supported_kernel_targets();
    if (targets.empty())
        targets.emplace_back("reference");
    return targets;
}

std::vector<DType> types()
{
    std::vector<DType> list;
    for (const DTypeInfo& info : all_dtypes())
        list.push_back(info.dtype);
    return list;
}

INSTANTIATE_TEST_SUITE_P(All, CodecTest,
                         testing::Combine(testing::ValuesIn(types()), testing::ValuesIn(targets_here())),
                         [](const auto& test) {
                             return std::string(dtype_info(std::get<0>(test.param))->name) + "_" +
                                    std::get<1>(test.param);
                         });

} // namespace
} // namespace conclave
