#include "tensor/int8_gemm.hpp"

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

/// Quantised activations and their panels.
struct Activations {
    Activations(std::vector<float> values, int64_t length) : n(length), x(std::move(values))
    {
        const size_t n_panels = (x.size() / static_cast<size_t>(n) + panel_rows - 1) / panel_rows;
        const size_t size = n_panels * static_cast<size_t>(n * panel_rows);
        q.resize(x.size());
        scale.resize(x.size() / 32);
        sum.resize(x.size() / 32);
        half_sum.resize(x.size() / 16);
        quantize_activation(x.data(), static_cast<int64_t>(x.size()),
                            {q.data(), scale.data(), sum.data(), half_sum.data()});
        // Not zero before: a panel with fewer rows must make it so.
        panel_q.assign(size, 99);
        panel_scale.assign(size / 32, 9.0f);
        panel_sum.assign(size / 32, 9.0f);
        panel_negated.assign(size / 16, 9);
        for (int64_t first = 0; first < n_rows(); first += panel_rows) {
            std::vector<Activation> rows;
            for (int64_t i = first; i < std::min(first + panel_rows, n_rows()); ++i)
                rows.push_back(row(i));
            pack_panel(rows.data(), static_cast<int64_t>(rows.size()), panels().from(first / panel_rows));
        }
    }

    int64_t n_rows() const { return static_cast<int64_t>(x.size()) / n; }
    Activation row(int64_t i) const
    {
        return {&x[static_cast<size_t>(i * n)], &q[static_cast<size_t>(i * n)], &scale[static_cast<size_t>(i * n / 32)],
                &sum[static_cast<size_t>(i * n / 32)], &half_sum[static_cast<size_t>(i * n / 16)]};
    }
    Int8Panels panels() { return {panel_q.data(), panel_scale.data(), panel_sum.data(), panel_negated.data(), n}; }

    int64_t n;
    std::vector<float> x, scale, sum, half_sum, panel_scale, panel_sum;
    std::vector<int8_t> q, panel_q;
    std::vector<int32_t> panel_negated;
};

/// Every quantised type with every target of this processor.
class Int8GemmTest : public testing::TestWithParam<std::tuple<DType, std::string>>
{
protected:
    void SetUp() override { ASSERT_TRUE(select_kernel_target(std::get<1>(GetParam()))); }
    void TearDown() override { select_kernel_target("auto"); }

    const DTypeInfo& info() const { return *dtype_info(std::get<0>(GetParam())); }
    const Codec& type() const { return codec(info().dtype); }

    Activations random_activations(int64_t n_rows, int64_t n)
    {
        std::normal_distribution<float> normal;
        std::vector<float> x(static_cast<size_t>(n_rows * n));
        for (float& value : x)
            value = normal(m_random);
        return {std::move(x), n};
    }

    std::mt19937 m_random{11};
};

TEST_P(Int8GemmTest, EqualsOneRowAtATimeWithinRounding)
{
    const int64_t step = std::max(info().block_size, 32);
    // Less than a panel, several, odd counts of rows; long rows come in pieces.
    for (const auto& [n_rows, n_activations, n] : {std::tuple<int64_t, int64_t, int64_t>{1, 1, step},
                                                   {4, 16, 5 * step},
                                                   {7, 17, 3 * step},
                                                   {16, 48, 7 * step},
                                                   {33, 65, 2 * step},
                                                   {5, 9, 8192 + 3 * step}}) {
        const int64_t row_bytes = n / info().block_size * info().block_bytes + 3;
        std::vector<uint8_t> rows;
        for (int64_t r = 0; r < n_rows; ++r) {
            const auto blocks = random_blocks(m_random, info(), n);
            rows.insert(rows.end(), blocks.begin(), blocks.end());
            rows.insert(rows.end(), 3, uint8_t{0});
        }
        Activations activations = random_activations(n_activations, n);
        const int64_t stride = n_rows + 2;
        std::vector<float> got(static_cast<size_t>(n_activations * stride), -7.0f);
        int8_gemm({type(), rows.data(), row_bytes, n_rows}, activations.panels(), n_activations, got.data(), stride);
        std::vector<float> want(static_cast<size_t>(n_rows)), decoded(static_cast<size_t>(n));
        for (int64_t t = 0; t < n_activations; ++t) {
            const Activation a = activations.row(t);
            type().dot_rows(rows.data(), row_bytes, n_rows, n, a, want.data());
            for (int64_t r = 0; r < n_rows; ++r) {
                type().decode_ref(rows.data() + r * row_bytes, n, decoded.data());
                double magnitude = 0;
                for (int64_t i = 0; i < n; ++i)
                    magnitude += std::abs(static_cast<double>(decoded[static_cast<size_t>(i)]) * a.scale[i / 32] * 127);
                EXPECT_NEAR(got[static_cast<size_t>(t * stride + r)], want[static_cast<size_t>(r)],
                            16 * 0x1p-23 * magnitude)
                    << n_rows << " x " << n_activations << " x " << n << ": row " << r << " activation " << t;
            }
            EXPECT_EQ(got[static_cast<size_t>(t * stride + n_rows)], -7.0f) << "written beside the result";
        }
    }
}

TEST_P(Int8GemmTest, AResultDoesNotDependOnItsNeighbours)
{
    const int64_t n = 1280, n_rows = 9, n_activations = 50;
    const int64_t row_bytes = n / info().block_size * info().block_bytes;
    const auto rows = random_blocks(m_random, info(), n * n_rows);
    Activations activations = random_activations(n_activations, n);
    std::vector<float> together(static_cast<size_t>(n_rows * n_activations));
    int8_gemm({type(), rows.data(), row_bytes, n_rows}, activations.panels(), n_activations, together.data(), n_rows);
    for (int64_t r = 0; r < n_rows; ++r)
        for (int64_t first = 0; first < n_activations; first += panel_rows) {
            const int64_t count = std::min(panel_rows, n_activations - first);
            std::vector<float> apart(static_cast<size_t>(count));
            int8_gemm({type(), rows.data() + r * row_bytes, row_bytes, 1},
                      activations.panels().from(first / panel_rows), count, apart.data(), 1);
            for (int64_t t = 0; t < count; ++t)
                EXPECT_EQ(std::bit_cast<uint32_t>(apart[static_cast<size_t>(t)]),
                          std::bit_cast<uint32_t>(together[static_cast<size_t>((first + t) * n_rows + r)]));
        }
}

TEST_P(Int8GemmTest, ExtremeQuantsDoNotOverflow)
{
    const int64_t n = 8192;
    for (const uint8_t byte : {uint8_t{0x00}, uint8_t{0x7F}, uint8_t{0x80}, uint8_t{0xFF}}) {
        auto row = random_blocks(m_random, info(), n);
        std::ranges::fill(row, byte);
        for (size_t b = 0; b < row.size(); b += static_cast<size_t>(info().block_bytes))
            set_scales_to_one(info(), &row[b]);
        Activations activations(std::vector<float>(static_cast<size_t>(n), -1.0f), n);
        float got = 0;
        int8_gemm({type(), row.data(), static_cast<int64_t>(row.size()), 1}, activations.panels(), 1, &got, 1);
        std::vector<float> decoded(activations.x.size());
        type().decode_ref(row.data(), n, decoded.data());
        double want = 0, magnitude = 0;
        for (size_t i = 0; i < decoded.size(); ++i) {
            want -= decoded[i];
            magnitude += std::abs(static_cast<double>(decoded[i]));
        }
        EXPECT_NEAR(got, want, 1e-5 * magnitude) << "bytes " << int{byte};
    }
}

std::vector<DType> quantised_types()
{
    std::vector<DType> list;
    for (const DTypeInfo& info : all_dtypes())
        if (codec(info.dtype).unpack)
            list.push_back(info.dtype);
    return list;
}

INSTANTIATE_TEST_SUITE_P(All, Int8GemmTest,
                         testing::Combine(testing::ValuesIn(quantised_types()),
                                          testing::ValuesIn(supported_kernel_targets())),
                         [](const auto& test) {
                             return std::string(dtype_info(std::get<0>(test.param))->name) + "_" +
                                    std::get<1>(test.param);
                         });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Int8GemmTest); // in builds without tuned kernels

} // namespace
} // namespace conclave
