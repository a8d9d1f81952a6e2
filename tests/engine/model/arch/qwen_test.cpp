#include "model/arch/qwen.hpp"

#include <gtest/gtest.h>

#include "model/model_state.hpp"
#include "model/opened.hpp"

namespace conclave
{
namespace
{

TEST(Qwen, RoutingRulesAreThePublishedOnes)
{
    const Engine engine = test::make_engine();
    const ModelInfo second = test::open_model(engine, test::golden("qwen2moe.gguf"))->info();
    EXPECT_EQ(second.routing_rule, "softmax scores, top-4");
    EXPECT_EQ(second.routing_rule_source, "inferred: normalisation from Qwen2-MoE");
    EXPECT_EQ(second.n_shared_experts, 1);
    const ModelInfo third = test::open_model(engine, test::golden("qwen3moe.gguf"))->info();
    EXPECT_EQ(third.routing_rule, "softmax scores, top-4, normalised");
    EXPECT_EQ(third.routing_rule_source, "inferred: normalisation from Qwen3-MoE");
}

TEST(Qwen, TheSharedExpertStandsBehindItsGate)
{
    const Engine engine = test::make_engine();
    const auto model = test::open_model(engine, test::golden("qwen2moe.gguf"));
    const auto& moe = std::get<ConclaveMoeWeights>(model->state()->weights.layers[0].channel_mixer);
    EXPECT_NE(moe.shexp_gate.data, nullptr);
    EXPECT_EQ(moe.gate_shexp.n_rows, 24);
}

TEST(Qwen, ADenseModelHasNoExperts)
{
    const Engine engine = test::make_engine();
    const ModelInfo info = test::open_model(engine, test::golden("qwen2.gguf"))->info();
    EXPECT_TRUE(info.moe_layers.empty());
    EXPECT_EQ(info.n_experts, 0);
    EXPECT_EQ(info.routing_rule, "");
    EXPECT_EQ(info.n_params, 17696u);
}

} // namespace
} // namespace conclave
