#include "formats/hf_config.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace conclave
{
namespace
{

using nlohmann::json;

/// What a config becomes; the message of an error otherwise.
struct Read {
    explicit Read(const json& config)
    {
        ModelFile::Contents contents{.name = "folder"};
        const auto done = read_hf_config(json::parse(config.dump()), contents); // as from a file: all counts unsigned
        message = done ? "" : done.error().message;
        file = ModelFile(std::move(contents));
    }
    std::string message;
    ModelFile file{ModelFile::Contents{}};
};

json deepseek()
{
    return {{"model_type", "deepseek_v3"},
            {"num_hidden_layers", 61},
            {"n_routed_experts", 256},
            {"n_group", 8},
            {"topk_group", 4},
            {"scoring_func", "sigmoid"},
            {"topk_method", "noaux_tc"},
            {"norm_topk_prob", true},
            {"routed_scaling_factor", 2.5},
            {"kv_lora_rank", 512},
            {"qk_nope_head_dim", 128},
            {"qk_rope_head_dim", 64},
            {"q_lora_rank", nullptr},
            {"tie_word_embeddings", false}};
}

TEST(HfConfig, GivesGgufsKeys)
{
    const Read read(deepseek());
    ASSERT_EQ(read.message, "");
    const ModelFile& file = read.file;
    EXPECT_EQ(file.string("general.architecture"), "deepseek2");
    EXPECT_EQ(file.string("general.name"), "folder");
    EXPECT_EQ(file.integer("deepseek2.block_count"), 61);
    EXPECT_EQ(file.integer("deepseek2.expert_gating_func"), 2);
    EXPECT_EQ(file.integer("deepseek2.attention.key_length_mla"), 192);
    EXPECT_EQ(file.integer("deepseek2.rope.dimension_count"), 64);
    EXPECT_EQ(file.number("deepseek2.expert_weights_scale"), 2.5);
    EXPECT_EQ(file.boolean("deepseek2.expert_weights_norm"), true);
    EXPECT_EQ(file.integer("deepseek2.expert_group_count"), 8);
    EXPECT_EQ(file.integer("deepseek2.expert_group_used_count"), 4);
    EXPECT_FALSE(file.value("deepseek2.attention.q_lora_rank")) << "null: not used";
    EXPECT_EQ(published_key("block_count"), "num_hidden_layers");
    EXPECT_EQ(published_key("unheard_of"), "unheard_of");
    EXPECT_EQ(ties_embeddings(deepseek()), false);
    EXPECT_FALSE(ties_embeddings(json::object()));
}

TEST(HfConfig, GreedyMeansNoGroups)
{
    json config = deepseek();
    config["topk_method"] = "greedy";
    EXPECT_EQ(Read(config).file.integer("deepseek2.expert_group_count"), 1);
    config.erase("n_group");
    EXPECT_EQ(Read(config).file.integer("deepseek2.expert_group_count"), 1);
}

TEST(HfConfig, ReadsBothSpellingsOfRope)
{
    const json yarn = {{"type", "yarn"},
                       {"factor", 40},
                       {"original_max_position_embeddings", 4096},
                       {"mscale", 0.707},
                       {"mscale_all_dim", 0.707}};
    json config = deepseek();
    config["rope_scaling"] = yarn;
    const Read old(config);
    EXPECT_EQ(old.file.string("deepseek2.rope.scaling.type"), "yarn");
    EXPECT_EQ(old.file.number("deepseek2.rope.scaling.factor"), 40);
    EXPECT_EQ(old.file.number("deepseek2.rope.scaling.mscale_all_dim"), 0.707);
    config = {{"model_type", "llama"},
              {"max_position_embeddings", 2048},
              {"rope_parameters", {{"rope_type", "linear"}, {"factor", 2.0}, {"rope_theta", 5e5}}}};
    const Read now(config);
    EXPECT_EQ(now.file.string("llama.rope.scaling.type"), "linear");
    EXPECT_EQ(now.file.number("llama.rope.freq_base"), 5e5);
    EXPECT_EQ(now.file.integer("llama.rope.scaling.original_context_length"), 2048) << "the context, when not given";
    config["rope_parameters"]["rope_type"] = "default";
    EXPECT_FALSE(Read(config).file.value("llama.rope.scaling.type"));
}

TEST(HfConfig, WindowOnlyWhenItIsUsed)
{
    json config = {{"model_type", "qwen2"}, {"sliding_window", 4096}, {"use_sliding_window", false}};
    EXPECT_FALSE(Read(config).file.value("qwen2.attention.sliding_window"));
    config["use_sliding_window"] = true;
    EXPECT_EQ(Read(config).file.integer("qwen2.attention.sliding_window"), 4096);
    config = {{"model_type", "mixtral"}, {"sliding_window", 4096}};
    EXPECT_EQ(Read(config).file.integer("llama.attention.sliding_window"), 4096);
}

TEST(HfConfig, RefusesWhatWouldChangeTheAnswer)
{
    const auto message = [](const char* key, const json& value) {
        json config = deepseek();
        config[key] = value;
        return Read(config).message;
    };
    EXPECT_EQ(message("hidden_act", "silu"), "");
    EXPECT_NE(message("hidden_act", "gelu").find("\"gelu\""), std::string::npos);
    EXPECT_NE(message("moe_layer_freq", 2).find("some layers"), std::string::npos);
    EXPECT_NE(message("mlp_only_layers", json::array({3})).find("mlp_only_layers"), std::string::npos);
    EXPECT_NE(message("quantization_config", {{"quant_method", "gptq"}}).find("\"gptq\""), std::string::npos);
    const json fp8 = {{"quant_method", "fp8"}, {"weight_block_size", {128, 128}}};
    EXPECT_EQ(message("quantization_config", fp8), "");
    EXPECT_NE(message("quantization_config", {{"quant_method", "fp8"}}).find("\"fp8\""), std::string::npos)
        << "one scale for a whole tensor";
    EXPECT_NE(message("scoring_func", "relu").find("\"relu\""), std::string::npos);
    EXPECT_NE(message("hidden_size", "wide").find("hidden_size"), std::string::npos);
    EXPECT_NE(message("rope_scaling", 7).find("rope_scaling"), std::string::npos);
    EXPECT_NE(message("model_type", "mamba").find("known are: deepseek_v2"), std::string::npos);
    EXPECT_NE(message("model_type", nullptr).find("known are"), std::string::npos);
}

} // namespace
} // namespace conclave
