#include "model/arch/grouped_query.hpp"

#include <gtest/gtest.h>

#include "model/model_state.hpp"
#include "model/opened.hpp"
#include "model/patched.hpp"

namespace conclave
{
namespace
{

using test::golden;
using test::with_number;

std::string refusal(const std::filesystem::path& path)
{
    const Engine engine = test::make_engine();
    const auto model = Model::open(engine, path);
    return model ? "opened" : model.error().message;
}

TEST(GroupedQuery, KeysBecomeTheConfig)
{
    const Engine engine = test::make_engine();
    const auto model = test::open_model(engine, golden("qwen3moe.gguf"));
    const Config& config = model->state()->config;
    EXPECT_EQ(config.num_attention_heads, 4);
    EXPECT_EQ(config.num_key_value_heads, 2);
    EXPECT_EQ(config.head_dim, 16); // not the hidden size over the heads, which is 8
    EXPECT_EQ(config.rotary_dim, 16);
    EXPECT_FALSE(config.rope_interleave);
    EXPECT_EQ(config.rope_theta, 1e6);
    EXPECT_EQ(config.moe_intermediate_size, 8);
    EXPECT_EQ(config.n_shared_experts, 0);
    const ModelInfo& info = model->info();
    EXPECT_EQ(info.family, "qwen");
    EXPECT_EQ(info.moe_layers, (std::vector<int>{0, 1}));
    EXPECT_EQ(info.n_experts, 9);
    EXPECT_EQ(info.n_params, 31008u); // as transformers counts
}

TEST(GroupedQuery, BiasesAndNormsAreBoundWhereTheyAre)
{
    const Engine engine = test::make_engine();
    const auto attention = [&](const char* name) {
        const auto model = test::open_model(engine, golden(name));
        return std::get<ConclaveGqaWeights>(model->state()->weights.layers[1].token_mixer);
    };
    EXPECT_NE(attention("qwen2.gguf").q_bias, nullptr);
    EXPECT_EQ(attention("qwen2.gguf").qk_norm, conclave_qk_norm_none);
    EXPECT_EQ(attention("qwen3.gguf").q_bias, nullptr);
    EXPECT_EQ(attention("qwen3.gguf").qk_norm, conclave_qk_norm_head);
    EXPECT_EQ(attention("olmoe.gguf").qk_norm, conclave_qk_norm_row);
    EXPECT_EQ(attention("llama3.gguf").rope.interleaved, 1);
}

TEST(GroupedQuery, WhatCannotBeIsRefusedInOneSentence)
{
    EXPECT_EQ(refusal(with_number("qwen2.gguf", "qwen2.attention.head_count_kv", 3)),
              "patched-qwen2.gguf: 4 query heads do not divide over 3 key heads; convert the model again");
    EXPECT_NE(refusal(with_number("qwen2.gguf", "qwen2.attention.head_count_kv", 1)).find("attn_k.weight"),
              std::string::npos);
    EXPECT_NE(refusal(with_number("qwen3.gguf", "qwen3.attention.value_length", 8)).find("another width"),
              std::string::npos);
    EXPECT_NE(refusal(with_number("qwen3.gguf", "qwen3.attention.key_length", 1u << 20)).find("heads of"),
              std::string::npos);
    EXPECT_NE(refusal(with_number("qwen2moe.gguf", "qwen2moe.expert_shared_feed_forward_length", 0))
                  .find("blk.0.ffn_"), // weights that no key announces are not left out in silence
              std::string::npos);
    EXPECT_NE(refusal(with_number("olmoe.gguf", "olmoe.expert_used_count", 17)).find("outside 1 to 8"),
              std::string::npos);
}

} // namespace
} // namespace conclave
