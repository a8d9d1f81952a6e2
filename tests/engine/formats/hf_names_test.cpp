#include "formats/hf_names.hpp"

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

TEST(HfNames, PlacesEveryKindOfName)
{
    EXPECT_EQ(gguf_place("model.embed_tokens.weight").name, "token_embd.weight");
    EXPECT_EQ(gguf_place("model.layers.12.self_attn.q_proj.bias").name, "blk.12.attn_q.bias");
    EXPECT_EQ(gguf_place("model.layers.3.mlp.gate.e_score_correction_bias").name, "blk.3.exp_probs_b.bias");
    EXPECT_EQ(gguf_place("model.layers.3.mlp.shared_experts.up_proj.weight").name, "blk.3.ffn_up_shexp.weight");
    EXPECT_EQ(gguf_place("model.layers.3.mlp.router.bias").name, "blk.3.ffn_gate_inp.bias");
    EXPECT_EQ(gguf_place("model.layers.3.self_attn.sinks").name, "blk.3.attn_sinks.weight");
    EXPECT_EQ(gguf_place("model.layers.61.eh_proj.weight").name, "blk.61.nextn.eh_proj.weight");
    EXPECT_EQ(gguf_place("model.layers.61.shared_head.head.weight").name, "blk.61.nextn.shared_head_head.weight");
    const GgufPlace expert = gguf_place("model.layers.0.mlp.experts.17.down_proj.weight");
    EXPECT_EQ(expert.name, "blk.0.ffn_down_exps.weight");
    EXPECT_EQ(expert.expert, 17);
    const GgufPlace mixtral = gguf_place("model.layers.1.block_sparse_moe.experts.7.w3.weight");
    EXPECT_EQ(mixtral.name, "blk.1.ffn_up_exps.weight");
    EXPECT_EQ(mixtral.expert, 7);
}

TEST(HfNames, LeavesUnknownNamesWhereTheyAreSeen)
{
    EXPECT_EQ(gguf_place("model.layers.4.self_attn.magic.weight").name, "blk.4.self_attn.magic.weight");
    EXPECT_EQ(gguf_place("model.layers.4.mlp.experts.2.magic.weight").name, "blk.4.mlp.experts.2.magic.weight");
    EXPECT_EQ(gguf_place("vision.weight").name, "vision.weight");
    EXPECT_EQ(gguf_place("model.layers.x.mlp.gate.weight").name, "model.layers.x.mlp.gate.weight");
    EXPECT_EQ(gguf_place("model.layers.99999999999.mlp.gate.weight").expert, -1);
}

TEST(HfNames, ReturnEachFamilysOwnSpelling)
{
    const auto common = published_tensors("qwen2moe", false), mixtral = published_tensors("llama", true),
               deepseek = published_tensors("deepseek2", false);
    EXPECT_EQ(common("output.weight"), "lm_head.weight");
    EXPECT_EQ(common("blk.2.attn_k.bias"), "model.layers.2.self_attn.k_proj.bias");
    EXPECT_EQ(common("blk.2.ffn_up_exps.weight"), "model.layers.2.mlp.experts.*.up_proj.weight");
    EXPECT_EQ(common("blk.2.ffn_up_shexp.weight"), "model.layers.2.mlp.shared_expert.up_proj.weight");
    EXPECT_EQ(deepseek("blk.2.ffn_up_shexp.weight"), "model.layers.2.mlp.shared_experts.up_proj.weight");
    EXPECT_EQ(deepseek("blk.2.exp_probs_b.bias"), "model.layers.2.mlp.gate.e_score_correction_bias");
    EXPECT_EQ(deepseek("blk.61.nextn.embed_tokens.weight"), "model.layers.61.embed_tokens.weight");
    EXPECT_EQ(deepseek("blk.61.nextn.shared_head_norm.weight"), "model.layers.61.shared_head.norm.weight");
    const auto gpt_oss = published_tensors("gpt-oss", false);
    EXPECT_EQ(gpt_oss("blk.2.ffn_gate_inp.bias"), "model.layers.2.mlp.router.bias");
    EXPECT_EQ(gpt_oss("blk.2.attn_sinks.weight"), "model.layers.2.self_attn.sinks");
    EXPECT_EQ(mixtral("blk.2.ffn_gate_inp.weight"), "model.layers.2.block_sparse_moe.gate.weight");
    EXPECT_EQ(mixtral("blk.2.ffn_down_exps.weight"), "model.layers.2.block_sparse_moe.experts.*.w2.weight");
}

} // namespace
} // namespace conclave
