// Products with rows of every type that a cache may have, on every target.
#include "ops/gemm.hpp"

#include <gtest/gtest.h>

#include "ops/sample_layers.hpp"
#include "tensor/codec.hpp"
#include "tensor/encode.hpp"
#include "tensor/kernel_target.hpp"

namespace conclave
{
namespace
{

using Floats = std::vector<float>;

constexpr int64_t n_rows = 29, width = 96; // odd, so that columns are left over; whole blocks of Q8_0
constexpr int64_t spare = 32;              // of one row before the next

/// Rows as a cache has them, and the same values as floats.
struct Rows {
    DType dtype;
    std::vector<uint8_t> bytes;
    Floats floats = Floats(n_rows * width);

    Rows(DType type, SampleNumbers& numbers) : dtype(type)
    {
        const DTypeInfo& info = *dtype_info(type);
        const int64_t row_bytes = (width + spare) / info.block_size * info.block_bytes;
        bytes.resize(static_cast<size_t>(n_rows * row_bytes));
        const Floats values = numbers.floats(n_rows * width, 1.0f);
        for (int64_t r = 0; r < n_rows; ++r) {
            encode(type, values.data() + r * width, width, bytes.data() + r * row_bytes);
            codec(type).decode_ref(bytes.data() + r * row_bytes, width, floats.data() + r * width);
        }
    }
    GemmRows narrow(int64_t ahead) const
    {
        return {dtype, bytes.data(), static_cast<int64_t>(bytes.size()) / n_rows, ahead};
    }
    GemmRows wide() const { return GemmRows::floats(floats.data(), width); }
};

constexpr int64_t most_readers = 11;

Floats nt(void (*kernel)(const Gemm&), const Floats& a, int64_t m, const GemmRows& b)
{
    Floats c(static_cast<size_t>(m * n_rows), -1.0f);
    kernel({m, n_rows, width, a.data(), width, b, c.data(), n_rows});
    return c;
}

Floats nn(void (*kernel)(const Gemm&, bool), const Floats& a, int64_t m, const GemmRows& b, bool accumulate)
{
    Floats c(static_cast<size_t>(m * width), 0.25f);
    kernel({m, width, n_rows, a.data(), n_rows, b, c.data(), width}, accumulate);
    return c;
}

} // namespace

TEST(gemm, narrow_rows_give_the_bits_of_their_floats_however_many_read_them)
{
    SampleNumbers numbers(8);
    const Floats a = numbers.floats(most_readers * width, 1.0f);
    for (const DType dtype : {DType::F32, DType::F16, DType::BF16, DType::Q8_0}) {
        const Rows rows(dtype, numbers);
        for (const std::string& target : supported_kernel_targets()) {
            SCOPED_TRACE(std::string(dtype_info(dtype)->name) + " " + target);
            ASSERT_TRUE(select_kernel_target(target));
            const Floats scores = nt(gemm_nt, a, most_readers, rows.wide());
            const Floats sums = nn(gemm_nn, a, most_readers, rows.wide(), true);
            EXPECT_LE(normalized_error(scores, nt(gemm_nt_ref, a, most_readers, rows.narrow(0))), 1e-11);
            EXPECT_LE(normalized_error(sums, nn(gemm_nn_ref, a, most_readers, rows.narrow(0), true)), 1e-11);
            EXPECT_LE(normalized_error(nn(gemm_nn, a, most_readers, rows.narrow(0), false),
                                       nn(gemm_nn_ref, a, most_readers, rows.narrow(0), false)),
                      1e-11);
            for (int64_t m = 1; m <= most_readers; ++m)
                for (const int64_t ahead : {0, 16}) {
                    EXPECT_EQ(nt(gemm_nt, a, m, rows.narrow(ahead)),
                              Floats(scores.begin(), scores.begin() + m * n_rows));
                    EXPECT_EQ(nn(gemm_nn, a, m, rows.narrow(ahead), true),
                              Floats(sums.begin(), sums.begin() + m * width));
                }
        }
        select_kernel_target("auto");
    }
}

} // namespace conclave
