#include "model/arch/glm4moe.hpp"

#include <gtest/gtest.h>

#include "model/model_state.hpp"
#include "model/opened.hpp"

namespace conclave
{
namespace
{

TEST(Glm4Moe, HalfAHeadTurnsAndExpertsRouteAsInDeepSeek)
{
    const Engine engine = test::make_engine();
    for (const auto& path : {test::golden("glm4moe.gguf"), test::golden("hf") / "glm4moe"}) {
        const auto model = test::open_model(engine, path);
        const Config& config = model->state()->config;
        EXPECT_EQ(config.num_hidden_layers, 2); // without the block of multi-token prediction
        EXPECT_EQ(config.head_dim, 16);
        EXPECT_EQ(config.rotary_dim, 8);
        EXPECT_EQ(config.first_k_dense_replace, 1);
        const auto& attention = std::get<ConclaveGqaWeights>(model->state()->weights.layers[1].token_mixer);
        EXPECT_EQ(attention.qk_norm, conclave_qk_norm_head);
        EXPECT_TRUE(attention.q_bias && !attention.o_bias);
        const ModelInfo& info = model->info();
        EXPECT_EQ(info.family, "glm");
        EXPECT_EQ(info.routing_rule, "sigmoid scores, bias selects, top-3, normalised, times 1.5");
        EXPECT_EQ(info.moe_layers, (std::vector<int>{1}));
        EXPECT_EQ(info.n_shared_experts, 2);
        EXPECT_EQ(info.n_params, 29416u); // as transformers counts, and the bias that selects
    }
}

} // namespace
} // namespace conclave
