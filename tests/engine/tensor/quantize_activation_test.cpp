#include <algorithm>
#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tensor/codec.hpp"
#include "tensor/kernel_target.hpp"

namespace conclave
{
namespace
{

struct Quantised {
    explicit Quantised(size_t n) : q(n, 99), scale(n / 32, -1.0f), sum(n / 32, -1.0f), half_sum(n / 16, -1.0f) {}
    std::vector<int8_t> q;
    std::vector<float> scale, sum, half_sum;
};

using Function = decltype(quantize_activation);

Quantised run(Function* function, const std::vector<float>& x)
{
    Quantised out(x.size());
    function(x.data(), static_cast<int64_t>(x.size()),
             {out.q.data(), out.scale.data(), out.sum.data(), out.half_sum.data()});
    return out;
}

std::vector<uint32_t> bits(const std::vector<float>& values)
{
    std::vector<uint32_t> out(values.size());
    std::ranges::transform(values, out.begin(), [](float value) { return std::bit_cast<uint32_t>(value); });
    return out;
}

/// Ordinary values, halves that must round to even, huge, tiny, zero, and one bad value in a block.
std::vector<float> difficult_values()
{
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    std::vector<float> x(32 * 64);
    for (float& value : x)
        value = normal(random);
    const auto block = [&](size_t b) { return x.begin() + static_cast<ptrdiff_t>(32 * b); };
    for (int j = 0; j < 32; ++j)
        block(1)[j] = static_cast<float>(j) - 15.5f;
    block(1)[0] = 127.0f; // scale 1: the others are ties
    std::fill_n(block(2), 32, 0.0f);
    for (const auto& [b, factor] : {std::pair{3, 0x1p-120f}, {4, 0x1p-99f}, {5, 0x1p+120f}, {6, 0x1p-140f}})
        for (int j = 0; j < 32; ++j)
            block(static_cast<size_t>(b))[j] *= factor;
    block(7)[5] = std::numeric_limits<float>::infinity();
    block(8)[31] = std::numeric_limits<float>::quiet_NaN();
    block(9)[0] = -std::numeric_limits<float>::max();
    std::fill_n(block(10), 32, -0.0f);
    return x;
}

TEST(QuantizeActivation, EveryTargetEqualsTheReference)
{
    const auto x = difficult_values();
    const Quantised want = run(quantize_activation_ref, x);
    for (const std::string& target : supported_kernel_targets()) {
        ASSERT_TRUE(select_kernel_target(target));
        const Quantised got = run(quantize_activation, x);
        EXPECT_EQ(got.q, want.q) << target;
        EXPECT_EQ(bits(got.scale), bits(want.scale)) << target;
        EXPECT_EQ(bits(got.sum), bits(want.sum)) << target;
        EXPECT_EQ(bits(got.half_sum), bits(want.half_sum)) << target;
    }
    select_kernel_target("auto");
}

TEST(QuantizeActivation, IsWithinHalfAStep)
{
    const auto x = difficult_values();
    const Quantised out = run(quantize_activation, x);
    for (size_t i = 0; i < x.size(); ++i) {
        const size_t b = i / 32;
        if (b == 7 || b == 8) // not finite: the scale says so
            EXPECT_TRUE(std::isnan(out.scale[b]) && out.q[i] == 0);
        else
            EXPECT_LE(std::abs(static_cast<double>(x[i]) - static_cast<double>(out.scale[b]) * out.q[i]),
                      std::max(0.501 * static_cast<double>(out.scale[b]), 0x1p-100))
                << i;
    }
}

TEST(QuantizeActivation, SumsAndExtremesHold)
{
    const auto x = difficult_values();
    const Quantised out = run(quantize_activation, x);
    for (size_t b = 0; b < out.sum.size(); ++b) {
        int32_t sum[2] = {}, largest = 0;
        for (size_t j = 0; j < 32; ++j) {
            sum[j / 16] += out.q[32 * b + j];
            largest = std::max(largest, std::abs(int32_t{out.q[32 * b + j]}));
        }
        if (!std::isnan(out.scale[b])) {
            EXPECT_EQ(out.sum[b], out.scale[b] * static_cast<float>(sum[0] + sum[1]));
            for (size_t half = 0; half < 2; ++half)
                EXPECT_EQ(out.half_sum[2 * b + half], out.scale[b] * static_cast<float>(sum[half]));
        }
        EXPECT_EQ(largest, out.scale[b] > 0.0f ? 127 : 0) << b;
    }
    // Ties of block 1 go to the even neighbour: -14.5 is -14, -13.5 is -14.
    EXPECT_EQ(out.q[32 + 1], -14);
    EXPECT_EQ(out.q[32 + 2], -14);
}

} // namespace
} // namespace conclave
