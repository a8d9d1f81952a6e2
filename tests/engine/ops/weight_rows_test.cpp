#include "ops/weight_rows.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <vector>

#include "ops/sample_layers.hpp"
#include "ops/shapes.hpp"

namespace conclave
{

TEST(weight_rows, a_scale_multiplies_its_block_and_no_other)
{
    // Two matrices of 130 × 257 ones: 2 × 3 blocks each.
    const std::vector<uint8_t> ones(2 * 130 * 257, 0x38);
    std::vector<float> scales(12);
    for (size_t i = 0; i < scales.size(); ++i)
        scales[i] = static_cast<float>(i + 1);
    const ConclaveMatrix matrix = {
        ones.data(), static_cast<int32_t>(DType::F8_E4M3), 2, 130, 257, 257, 130 * 257, nullptr, scales.data()};
    ASSERT_EQ(check_matrix(matrix, "m", 130, 257, 2, nullptr), conclave_ok);
    std::vector<float> row(257), same(257);
    for (const int64_t index : {0, 1})
        for (const int64_t r : {0, 127, 128, 129}) {
            decode_row_ref(matrix, index, r, row.data());
            decode_row(matrix, index, r, same.data());
            EXPECT_EQ(row, same);
            const auto first = static_cast<float>(index * 6 + r / 128 * 3 + 1);
            EXPECT_EQ(row[0], first);
            EXPECT_EQ(row[127], first);
            EXPECT_EQ(row[128], first + 1);
            EXPECT_EQ(row[256], first + 2);
        }
}

TEST(weight_rows, dot_is_that_of_the_decoded_rows_wherever_it_begins)
{
    SampleNumbers numbers(3);
    const SampleMatrix sample = sample_matrix(numbers, DType::F8_E4M3, 2, 300, 200);
    const ConclaveMatrix matrix = sample.view();
    const std::vector<float> x = numbers.floats(200, 1.0f);
    const Activation activation = {x.data(), nullptr, nullptr, nullptr, nullptr};
    std::vector<float> all(300), row(200), some(3);
    for (const int64_t index : {0, 1}) {
        dot_rows(matrix, index, 0, 300, activation, all.data());
        for (int64_t r = 0; r < 300; ++r) {
            decode_row_ref(matrix, index, r, row.data());
            double want = 0;
            for (size_t i = 0; i < row.size(); ++i)
                want += static_cast<double>(row[i]) * x[i];
            ASSERT_NEAR(all[static_cast<size_t>(r)], want, 1e-5) << "row " << r;
        }
        for (const int64_t begin : {0, 126, 127, 128, 255, 297}) {
            dot_rows(matrix, index, begin, 3, activation, some.data());
            EXPECT_EQ(some, (std::vector<float>(all.begin() + begin, all.begin() + begin + 3)));
        }
    }
}

TEST(weight_rows, parts_lie_where_the_table_says)
{
    const std::vector<float> first = {1, 2, 3, 4}, second = {5, 6, 7, 8};
    const void* const parts[] = {second.data(), first.data()};
    const ConclaveMatrix matrix = {second.data(), static_cast<int32_t>(DType::F32), 2, 2, 2, 8, 16, parts};
    std::vector<float> row(2);
    decode_row(matrix, 0, 1, row.data());
    EXPECT_EQ(row, (std::vector<float>{7, 8}));
    decode_row(matrix, 1, 0, row.data());
    EXPECT_EQ(row, (std::vector<float>{1, 2}));
}

TEST(weight_rows, fp8_needs_scales_and_no_other_type_has_them)
{
    const std::vector<uint8_t> bytes(64);
    const float scale = 1;
    ConclaveMatrix matrix = {bytes.data(), static_cast<int32_t>(DType::F8_E4M3), 1, 4, 4, 4, 16};
    EXPECT_EQ(check_matrix(matrix, "m", 4, 4, 1, nullptr), conclave_invalid);
    matrix.scale = &scale;
    EXPECT_EQ(check_matrix(matrix, "m", 4, 4, 1, nullptr), conclave_ok);
    matrix.dtype = static_cast<int32_t>(DType::F32);
    matrix.row_bytes = 16;
    EXPECT_EQ(check_matrix(matrix, "m", 4, 4, 1, nullptr), conclave_invalid);
}

} // namespace conclave
