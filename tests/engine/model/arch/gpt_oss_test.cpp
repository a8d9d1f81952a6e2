#include "model/arch/gpt_oss.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "model/model_state.hpp"
#include "model/opened.hpp"
#include "model/tiny_model.hpp"

namespace conclave
{
namespace
{

TEST(GptOss, EverySecondLayerHasAWindowAndAllHaveSinks)
{
    const Engine engine = test::make_engine();
    for (const auto& path : {test::golden("gpt-oss.gguf"), test::golden("hf") / "gpt-oss"}) {
        const auto model = test::open_model(engine, path);
        const auto& layers = model->state()->weights.layers;
        ASSERT_EQ(layers.size(), 2u);
        for (size_t i = 0; i < layers.size(); ++i) {
            const auto& attention = std::get<ConclaveGqaWeights>(layers[i].token_mixer);
            EXPECT_EQ(attention.window, i == 0 ? 8 : 0);
            EXPECT_TRUE(attention.sinks && attention.o_bias && attention.q_bias);
            const auto& moe = std::get<ConclaveMoeWeights>(layers[i].channel_mixer);
            EXPECT_TRUE(moe.router_bias && moe.gate_exps_bias && moe.up_exps_bias && moe.down_exps_bias);
            EXPECT_EQ(moe.activation, conclave_activation_clamped);
        }
        const ModelInfo& info = model->info();
        EXPECT_EQ(info.routing_rule, "logits, top-3, softmax of the chosen");
        EXPECT_EQ(info.routing_rule_source, "file");
        EXPECT_EQ(info.n_params, 48882u); // as transformers counts
        EXPECT_FALSE(model->state()->config.rope_scaling.truncate);
    }
}

std::string error_of(const std::string& from, const std::string& to)
{
    const std::filesystem::path folder = test::scratch_folder() / "bent-gpt-oss";
    std::filesystem::remove_all(folder);
    std::filesystem::copy(test::golden("hf") / "gpt-oss-mxfp4", folder);
    for (const char* name : {"config.json", "model.safetensors"}) {
        std::ifstream in(folder / name, std::ios::binary);
        std::string bytes{std::istreambuf_iterator<char>(in), {}};
        if (const size_t at = bytes.find(from); at != std::string::npos)
            bytes.replace(at, from.size(), to);
        std::ofstream(folder / name, std::ios::binary) << bytes;
    }
    const Engine engine = test::make_engine();
    const auto model = Model::open(engine, folder);
    return model ? "opened" : model.error().message;
}

TEST(GptOss, WhatIsWrongInAFolderIsNamed)
{
    EXPECT_EQ(error_of("no such text", ""), "opened");
    EXPECT_NE(error_of("0.mlp.experts.down_proj_scales", "0.mlp.experts.down_proj_scalez").find("down_proj_scales"),
              std::string::npos);
    EXPECT_NE(error_of("\"full_attention\"", "\"sliding_attention\"").find("layer_types"), std::string::npos);
    EXPECT_NE(error_of("\"intermediate_size\": 32", "\"intermediate_size\": 48").find("shape"), std::string::npos);
    EXPECT_NE(error_of("\"mxfp4\"", "\"mxfp5\"").find("mxfp5"), std::string::npos);
}

} // namespace
} // namespace conclave
