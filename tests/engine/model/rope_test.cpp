#include "model/rope.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

std::vector<float> table(const Config& config, int n_dims)
{
    std::vector<float> out(static_cast<size_t>(n_dims / 2));
    rope_inverse_frequencies(config, n_dims, out);
    return out;
}

TEST(Rope, PlainFrequencies)
{
    const std::vector<float> f = table(Config{}, 64);
    EXPECT_FLOAT_EQ(f[0], 1.0f);
    EXPECT_FLOAT_EQ(f[16], 0.01f); // 10000^(-32/64)
    EXPECT_EQ(rope_magnitude({}), 1);
    EXPECT_EQ(rope_softmax_factor({}), 1);
}

TEST(Rope, LinearDividesAllFrequencies)
{
    Config config;
    config.rope_scaling.type = RopeScalingType::linear;
    config.rope_scaling.factor = 4;
    EXPECT_FLOAT_EQ(table(config, 64)[0], 0.25f);
}

/// DeepSeek-V3's published numbers: factor 40 over 4,096, both mscale 1: pairs below 10 stay, those from 23 on are
/// stretched (correction range of inference/model.py for 64 dims), and the softmax scale grows by 1.3689² = 1.8739.
TEST(Rope, YarnOfDeepSeekV3)
{
    Config config;
    config.rope_scaling = {.type = RopeScalingType::yarn,
                           .factor = 40,
                           .original_max_position_embeddings = 4096,
                           .mscale = 1,
                           .mscale_all_dim = 1};
    const std::vector<float> plain = table(Config{}, 64), scaled = table(config, 64);
    for (size_t i = 0; i <= 10; ++i)
        EXPECT_FLOAT_EQ(scaled[i], plain[i]) << i;
    for (size_t i = 11; i < 23; ++i) {
        EXPECT_LT(scaled[i], plain[i]) << i;
        EXPECT_GT(scaled[i], plain[i] / 40) << i;
    }
    for (size_t i = 23; i < 32; ++i)
        EXPECT_FLOAT_EQ(scaled[i], plain[i] / 40) << i;
    EXPECT_NEAR(rope_softmax_factor(config.rope_scaling), 1.8739, 1e-4);
    EXPECT_DOUBLE_EQ(rope_magnitude(config.rope_scaling), 1);
}

TEST(Rope, YarnOfDeepSeekV2Lite)
{
    EXPECT_NEAR(yarn_mscale(40, 0.707) * yarn_mscale(40, 0.707), 1.5896, 1e-4);
    EXPECT_EQ(yarn_mscale(0.5, 1), 1);
}

} // namespace
} // namespace conclave
