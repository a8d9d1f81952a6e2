#include "model/arch/deepseek.hpp"

#include <cstring>

#include <gtest/gtest.h>

#include "formats/gguf.hpp"
#include "model/model_state.hpp"
#include "model/opened.hpp"
#include "model/tiny_model.hpp"

namespace conclave
{
namespace
{

using test::TinyModel;

Result<Config> config_of(const TinyModel& tiny)
{
    auto file = open_gguf(tiny.write());
    if (!file)
        return file.error();
    return deepseek_config(*file, "deepseek2");
}

TinyModel with_experts(int experts, bool sigmoid, int layers)
{
    TinyModel tiny({.layers = 2, .experts = 8, .used = 2, .sigmoid = sigmoid, .bias = sigmoid});
    tiny.set("expert_count", static_cast<uint32_t>(experts));
    tiny.set("block_count", static_cast<uint32_t>(layers));
    return tiny;
}

TEST(Deepseek, BothSpellingsOfHeadSizesAgree)
{
    TinyModel old;
    old.remove_key("attention.key_length_mla");
    old.remove_key("attention.value_length_mla");
    old.set("attention.key_length", 12u);
    old.set("attention.value_length", 8u);
    const auto a = config_of(TinyModel()), b = config_of(old);
    ASSERT_TRUE(a && b);
    for (const auto* config : {&*a, &*b}) {
        EXPECT_EQ(config->qk_nope_head_dim, 8);
        EXPECT_EQ(config->qk_rope_head_dim, 4);
        EXPECT_EQ(config->v_head_dim, 8);
    }
}

TEST(Deepseek, GroupsOfV3FromItsSignature)
{
    const auto config = config_of(with_experts(256, true, 61));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->n_group, 8);
    EXPECT_EQ(config->topk_group, 4);
    EXPECT_EQ(config->topk_method, TopkMethod::noaux_tc);
    EXPECT_EQ(config->routing_rule_source,
              "inferred: groups from the signature of DeepSeek-V3 (256 experts, sigmoid, 61 layers)");
}

TEST(Deepseek, GroupsOfV2FromItsSignature)
{
    const auto config = config_of(with_experts(160, false, 60));
    ASSERT_TRUE(config);
    EXPECT_EQ(config->n_group, 8);
    EXPECT_EQ(config->topk_group, 3);
    EXPECT_EQ(config->topk_method, TopkMethod::group_limited_greedy);
    EXPECT_NE(config->routing_rule_source.find("DeepSeek-V2"), std::string::npos);
}

TEST(Deepseek, KeysOverruleTheSignature)
{
    TinyModel tiny = with_experts(256, true, 61);
    tiny.set("expert_group_count", 1u);
    const auto config = config_of(tiny);
    ASSERT_TRUE(config);
    EXPECT_EQ(config->n_group, 1);
    EXPECT_EQ(config->routing_rule_source, "file");
}

TEST(Deepseek, ScoreFollowsTheBiasWhenNoKeySaysIt)
{
    for (const bool bias : {true, false}) {
        TinyModel tiny({.sigmoid = bias, .bias = bias});
        tiny.remove_key("expert_gating_func");
        const auto config = config_of(tiny);
        ASSERT_TRUE(config);
        EXPECT_EQ(config->scoring_func, bias ? ScoringFunc::sigmoid : ScoringFunc::softmax);
        EXPECT_NE(config->routing_rule_source, "file");
    }
}

TEST(Deepseek, PredictionBlocksAreLoadedPast)
{
    TinyModel tiny({.layers = 3});
    tiny.set("nextn_predict_layers", 1u);
    tiny.add("blk.2.nextn.eh_proj.weight", {64, 32}, 1);
    const auto config = config_of(tiny);
    ASSERT_TRUE(config);
    EXPECT_EQ(config->num_hidden_layers, 2);
    EXPECT_EQ(config->num_nextn_predict_layers, 1);

    const Engine engine = test::make_engine();
    const ModelInfo with = test::open_model(engine, tiny.write())->info();
    const ModelInfo without = test::open_model(engine, TinyModel().write("without.gguf"))->info();
    EXPECT_EQ(with.n_params, without.n_params);
    EXPECT_EQ(with.moe_layers, without.moe_layers);
}

TEST(Deepseek, PredictionBlocksMayBeDropped)
{
    TinyModel dropped; // two blocks in the file, three in the metadata
    dropped.set("block_count", 3u);
    dropped.set("nextn_predict_layers", 1u);
    EXPECT_EQ(config_of(dropped)->num_hidden_layers, 2);

    TinyModel uncounted; // two blocks in both
    uncounted.set("nextn_predict_layers", 1u);
    EXPECT_EQ(config_of(uncounted)->num_hidden_layers, 2);
}

TEST(Deepseek, YarnKeysAreOnDiskScaled)
{
    TinyModel tiny;
    tiny.set("rope.scaling.type", std::string("yarn"));
    tiny.set("rope.scaling.factor", 40.0f);
    tiny.set("rope.scaling.original_context_length", 64u);
    tiny.set("rope.scaling.yarn_log_multiplier", 0.0707f);
    const auto config = config_of(tiny);
    ASSERT_TRUE(config);
    EXPECT_NEAR(config->rope_scaling.mscale_all_dim, 0.707, 1e-6);
    EXPECT_EQ(config->rope_scaling.mscale, config->rope_scaling.mscale_all_dim);
}

TEST(Deepseek, ImpossibleNumbersAreRefusedWithTheirKey)
{
    struct Case {
        const char* key;
        TinyModel::Value value;
    };
    const Case cases[] = {
        {"block_count", 0u},
        {"block_count", 100000u},
        {"embedding_length", 0u},
        {"attention.head_count", 1000000u},
        {"attention.kv_lora_rank", 0u},
        {"rope.dimension_count", 3u},
        {"rope.dimension_count", 40u},
        {"rope.freq_base", -1.0f},
        {"expert_used_count", 9u},
        {"expert_gating_func", 3u},
        {"expert_group_count", 3u},
        {"expert_weights_scale", -1.0f},
        {"context_length", 0u},
    };
    for (const Case& wrong : cases) {
        TinyModel tiny;
        tiny.set(wrong.key, wrong.value);
        if (std::string(wrong.key) == "expert_group_count")
            tiny.set("expert_group_used_count", 1u);
        const auto config = config_of(tiny);
        EXPECT_FALSE(config) << wrong.key;
        if (!config) {
            EXPECT_NE(config.error().message.find("tiny.gguf"), std::string::npos) << config.error().message;
        }
    }
}

TEST(Deepseek, OldKvBGivesTheSameMatrices)
{
    TinyModel tiny({.old_kv_b = true});
    const std::vector<float> kv_b = tiny.tensor("blk.1.attn_kv_b.weight").data; // [2 heads × (8 + 8), 32]
    const Engine engine = test::make_engine();
    const auto model = test::open_model(engine, tiny.write());
    const auto& mla = std::get<ConclaveMlaWeights>(model->state()->weights.layers[1].token_mixer);
    EXPECT_EQ(mla.k_b.n_matrices, 2);
    EXPECT_EQ(mla.k_b.n_rows, 32);
    EXPECT_EQ(mla.k_b.n_cols, 8);
    EXPECT_EQ(mla.v_b.n_rows, 8);
    EXPECT_EQ(mla.v_b.n_cols, 32);
    for (int h = 0; h < 2; ++h) {
        for (int i = 0; i < 8; ++i) {
            for (int r = 0; r < 32; ++r) {
                float k = 0, v = 0;
                std::memcpy(&k,
                            static_cast<const char*>(mla.k_b.data) + h * mla.k_b.matrix_bytes + r * mla.k_b.row_bytes +
                                i * 4,
                            4);
                std::memcpy(&v,
                            static_cast<const char*>(mla.v_b.data) + h * mla.v_b.matrix_bytes + i * mla.v_b.row_bytes +
                                r * 4,
                            4);
                EXPECT_EQ(k, kv_b[static_cast<size_t>((h * 16 + i) * 32 + r)]);
                EXPECT_EQ(v, kv_b[static_cast<size_t>((h * 16 + 8 + i) * 32 + r)]);
            }
        }
    }
}

} // namespace
} // namespace conclave
