#include "ops/rope.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <numbers>
#include <vector>

#include "ops/backend_cpu.hpp"
#include "ops/sample_layers.hpp"

namespace conclave
{

namespace
{

std::vector<float> frequencies(int32_t n_dims, double base)
{
    std::vector<float> out;
    for (int32_t i = 0; i < n_dims / 2; ++i)
        out.push_back(static_cast<float>(std::pow(base, -2.0 * i / n_dims)));
    return out;
}

/// cos and sin of the angle with the whole turns taken out in long double first: another route to the same number.
std::pair<double, double> angle(int32_t position, float frequency)
{
    const long double turn = 2 * std::numbers::pi_v<long double>;
    const long double a = std::fmod(static_cast<long double>(position) * frequency, turn);
    return {static_cast<double>(std::cos(a)), static_cast<double>(std::sin(a))};
}

} // namespace

TEST(rope, tables_equal_double_at_every_distance)
{
    for (const int32_t n_dims : {2, 16, 64, 128}) {
        const std::vector<float> theta = frequencies(n_dims, 10000);
        const ConclaveRope rope = {theta.data(), n_dims, 1, 1.25f};
        std::vector<float> cos(theta.size()), sin(theta.size());
        for (const int32_t position : {0, 1, 4095, 4096, 5000, 131071}) {
            rope_table(rope, position, cos.data(), sin.data());
            for (size_t i = 0; i < theta.size(); ++i) {
                const auto [c, s] = angle(position, theta[i]);
                EXPECT_NEAR(cos[i], 1.25 * c, 1e-7) << position << " pair " << i;
                EXPECT_NEAR(sin[i], 1.25 * s, 1e-7) << position << " pair " << i;
            }
        }
    }
}

TEST(rope, pairs_are_adjacent_or_half_the_width_apart_and_leave_apart)
{
    const std::vector<float> theta = {1.0f, 0.5f, 0.25f};
    const std::vector<float> cos = {0.5f, 0.25f, 0.125f}, sin = {2, 3, 4};
    std::vector<float> x = {1, 2, 3, 4, 5, 6};
    rope_rotate({theta.data(), 6, 1, 1}, cos.data(), sin.data(), x.data());
    EXPECT_EQ(x, (std::vector<float>{0.5f - 4, 0.75f - 12, 0.625f - 24, 2 + 1, 9 + 1, 20 + 0.75f}));
    x = {1, 2, 3, 4, 5, 6};
    rope_rotate({theta.data(), 6, 0, 1}, cos.data(), sin.data(), x.data());
    EXPECT_EQ(x, (std::vector<float>{0.5f - 8, 0.5f - 15, 0.375f - 24, 2 + 2, 6 + 1.25f, 12 + 0.75f}));
}

TEST(rope, memo_follows_positions_and_frequencies)
{
    std::vector<std::byte> memory(1 << 16);
    Scratch scratch(memory);
    RopeMemo memo = RopeMemo::take(scratch, 4, 16);
    std::vector<float> theta = frequencies(16, 10000);
    ConclaveRope rope = {theta.data(), 16, 1, 1};
    const auto expect_right = [&](const SampleBatch& rows) {
        ASSERT_TRUE(memo.update(rope, rows.view()));
        std::vector<float> cos(8), sin(8);
        for (size_t i = 0; i < rows.position.size(); ++i) {
            rope_table(rope, rows.position[i], cos.data(), sin.data());
            for (int32_t j = 0; j < rope.n_dims / 2; ++j) {
                EXPECT_EQ(memo.cos_of(static_cast<int32_t>(i))[j], cos[static_cast<size_t>(j)]);
                EXPECT_EQ(memo.sin_of(static_cast<int32_t>(i))[j], sin[static_cast<size_t>(j)]);
            }
        }
    };
    SampleBatch rows;
    rows.add(0, 7);
    rows.add(0, 8);
    expect_right(rows);
    rows.position[1] = 9;
    expect_right(rows);
    theta[3] *= 0.5f; // the same address, another model
    expect_right(rows);
    rope.magnitude = 1.5f;
    expect_right(rows);
    rope.n_dims = 8;
    expect_right(rows);
    rows.add(1, 2);
    rows.add(1, 3);
    rows.add(1, 4);
    EXPECT_FALSE(memo.update(rope, rows.view()));
}

} // namespace conclave
