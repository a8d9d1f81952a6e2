#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "model/opened.hpp"
#include "model/patched.hpp"
#include "model/tiny_model.hpp"

namespace conclave
{
namespace
{

using test::TinyModel;

Error error_of(const TinyModel& tiny)
{
    const Engine engine = test::make_engine();
    const auto model = Model::open(engine, tiny.write());
    return model ? Error{ErrorCode::io, "no error"} : model.error();
}

bool names(const Error& error, const std::string& text)
{
    return error.message.find("tiny.gguf") != std::string::npos && error.message.find(text) != std::string::npos;
}

TEST(Load, DescribesWhatTheFileHolds)
{
    const Engine engine = test::make_engine();
    const auto model = test::open_model(engine, TinyModel().write());
    const ModelInfo& info = model->info();
    EXPECT_EQ(info.name, "tiny");
    EXPECT_EQ(info.family, "deepseek");
    EXPECT_EQ(info.architecture, "deepseek2");
    EXPECT_EQ(info.n_layers, 2);
    EXPECT_EQ(info.moe_layers, std::vector<int>{1});
    EXPECT_EQ(info.n_experts, 8);
    EXPECT_EQ(info.n_experts_used, 2);
    EXPECT_EQ(info.n_vocab, 48);
    EXPECT_EQ(info.routing_rule, "sigmoid scores, bias selects, top-2, normalised, times 2");
    EXPECT_EQ(info.file_hash.size(), 16u);
    ASSERT_EQ(info.quant.size(), 1u);
    EXPECT_EQ(info.quant[0].first, "F32");
    EXPECT_EQ(info.quant[0].second, info.n_params * 4);
    EXPECT_FALSE(info.has_tokenizer);
}

TEST(Load, CountsParametersByHand)
{
    const Engine engine = test::make_engine();
    const ModelInfo info = test::open_model(engine, TinyModel().write())->info();
    const uint64_t attention = 32 + 16 * 32 + 16 + 24 * 16 + 36 * 32 + 32 + 2 * 32 * 8 + 2 * 8 * 32 + 32 * 16;
    const uint64_t dense = 32 + 3 * 32 * 32;
    const uint64_t moe_fixed = 32 + 8 * 32 + 8 + 3 * 32 * 32;
    const uint64_t expert = 3 * 32 * 32;
    EXPECT_EQ(info.n_params, 2 * 48 * 32 + 32 + 2 * attention + dense + moe_fixed + 8 * expert);
    EXPECT_EQ(info.n_params_active, 32 + 48 * 32 + 32 + 2 * attention + dense + moe_fixed + 2 * expert);
}

TEST(Load, PlanAddsUp)
{
    const Engine engine = test::make_engine();
    const auto model = test::open_model(engine, TinyModel().write());
    const MemoryPlan plan = model->plan(100);
    EXPECT_EQ(plan.weights_bytes, model->info().n_params * 4);
    EXPECT_EQ(plan.kv_bytes, 128u * 2 * (32 + 4) * 4) << "whole pages of 64";
    EXPECT_GT(plan.scratch_bytes, 0u);
    EXPECT_EQ(plan.total_bytes, plan.weights_bytes + plan.kv_bytes + plan.branch_bytes + plan.scratch_bytes);
    EXPECT_EQ(plan.active_bytes, model->info().n_params_active * 4);
    EXPECT_EQ(model->plan(200).scratch_bytes, plan.scratch_bytes) << "scratch does not grow with the context";
}

TEST(Load, MissingTensorIsNamed)
{
    TinyModel tiny;
    tiny.remove_tensor("blk.1.ffn_down_exps.weight");
    const Error error = error_of(tiny);
    EXPECT_EQ(error.code, ErrorCode::format);
    EXPECT_TRUE(names(error, "blk.1.ffn_down_exps.weight")) << error.message;
}

TEST(Load, WrongShapeIsNamed)
{
    TinyModel tiny;
    tiny.remove_tensor("blk.0.attn_q_b.weight");
    tiny.add("blk.0.attn_q_b.weight", {16, 25}, 1);
    EXPECT_TRUE(names(error_of(tiny), "blk.0.attn_q_b.weight has the shape [16, 25, 1]")) << error_of(tiny).message;
}

TEST(Load, TiedOutputUsesTheEmbedding)
{
    TinyModel tiny;
    tiny.remove_tensor("output.weight");
    const Engine engine = test::make_engine();
    const ModelInfo info = test::open_model(engine, tiny.write())->info();
    const ModelInfo untied = test::open_model(engine, TinyModel().write("untied.gguf"))->info();
    EXPECT_EQ(info.n_params, untied.n_params - 48 * 32);
    EXPECT_EQ(info.n_params_active, untied.n_params_active - 32);
}

TEST(Load, UnknownArchitectureListsTheKnown)
{
    TinyModel tiny;
    tiny.set("general.architecture", std::string("mamba"));
    const Error error = error_of(tiny);
    EXPECT_EQ(error.code, ErrorCode::unsupported);
    EXPECT_TRUE(names(error, "\"mamba\"") && names(error, "deepseek2")) << error.message;
}

TEST(Load, MissingFileIsAnError)
{
    const Engine engine = test::make_engine();
    const auto model = Model::open(engine, test::scratch_folder() / "nothing.gguf");
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::io);
}

TEST(Load, FolderWithoutConfigSaysWhatToOpen)
{
    const Engine engine = test::make_engine();
    const auto model = Model::open(engine, test::scratch_folder());
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::unsupported);
    EXPECT_NE(model.error().message.find("config.json"), std::string::npos);
}

/// Everything that people may point at opens the same model.
TEST(Load, FolderOpensByAnyOfItsFiles)
{
    const Engine engine = test::make_engine();
    const std::filesystem::path folder = test::golden("hf") / "qwen3moe";
    const ModelInfo whole = test::open_model(engine, folder)->info();
    EXPECT_EQ(whole.name, "qwen3moe");
    EXPECT_EQ(whole.architecture, "qwen3moe");
    EXPECT_EQ(whole.moe_layers, (std::vector<int>{0, 1}));
    EXPECT_EQ(whole.n_experts, 9);
    EXPECT_EQ(whole.routing_rule, "softmax scores, top-4, normalised");
    EXPECT_EQ(whole.routing_rule_source, "file");
    ASSERT_EQ(whole.quant.size(), 1u);
    EXPECT_EQ(whole.quant[0].second, whole.n_params * 4);
    EXPECT_GT(whole.file_bytes, whole.n_params * 4);
    for (const char* name : {"", "config.json", "model.safetensors.index.json", "model-00002-of-00003.safetensors"})
        EXPECT_EQ(test::open_model(engine, folder / name)->info().file_hash, whole.file_hash) << name;
    const ModelInfo converted = test::open_model(engine, test::golden("qwen3moe.gguf"))->info();
    EXPECT_EQ(whole.n_params, converted.n_params);
    EXPECT_EQ(whole.n_params_active, converted.n_params_active);
}

/// A copy of a golden folder in which one text of one file is another.
std::filesystem::path bent(const std::string& name, const std::string& file, const std::string& from,
                           const std::string& to)
{
    const std::filesystem::path folder = test::scratch_folder() / ("bent-" + name);
    std::filesystem::remove_all(folder);
    std::filesystem::copy(test::golden("hf") / name, folder);
    std::ifstream in(folder / file, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    const size_t at = bytes.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    bytes.replace(at, from.size(), to);
    std::ofstream(folder / file, std::ios::binary) << bytes;
    return folder;
}

std::string folder_error(const std::filesystem::path& folder)
{
    const Engine engine = test::make_engine();
    const auto model = Model::open(engine, folder);
    return model ? "" : model.error().message;
}

TEST(Load, FolderErrorsUseTheNamesOfItsFiles)
{
    // As many characters, so that the header keeps its length.
    const auto has = [](const std::string& message, const std::string& text) {
        return message.find(text) != std::string::npos;
    };
    std::string message =
        folder_error(bent("qwen2", "model.safetensors", "0.self_attn.k_proj.weight", "0.self_attn.x_proj.weight"));
    EXPECT_TRUE(has(message, "model.layers.0.self_attn.k_proj.weight is missing")) << message;
    message = folder_error(bent("olmoe", "model.safetensors", "1.mlp.experts.7.up_proj", "1.mlp.experts.9.up_proj"));
    EXPECT_TRUE(has(message, "expert 7") && has(message, "up_proj")) << message;
    message = folder_error(bent("mixtral", "config.json", "\"num_local_experts\": 6", "\"num_local_experts\": 9"));
    EXPECT_TRUE(has(message, "model.layers.0.block_sparse_moe.gate.weight has the shape [6, 32]") &&
                has(message, "[9, 32]"))
        << message;
    message = folder_error(bent("qwen2", "config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 0"));
    EXPECT_TRUE(has(message, "num_hidden_layers is 0, outside 1")) << message;
    message = folder_error(bent("qwen2", "config.json", "\"hidden_size\"", "\"hidden_sizes\""));
    EXPECT_TRUE(has(message, "the key hidden_size is missing")) << message;
    message = folder_error(bent("qwen2", "config.json", "\"qwen2\"", "\"qwen9\""));
    EXPECT_TRUE(has(message, "\"qwen9\"") && has(message, "qwen2_moe")) << message;
    message = folder_error(bent("qwen3", "config.json", "\"silu\"", "\"gelu\""));
    EXPECT_TRUE(has(message, "\"gelu\"")) << message;
    message = folder_error(bent("qwen3", "config.json", "\"tie_word_embeddings\": false", "\"use_sliding_window\": 1"));
    EXPECT_EQ(message, "") << "without the key the output that is there is used";
}

TEST(Load, FolderWithAnExpertTooFewNamesIt)
{
    const std::string message = folder_error(bent("olmoe", "config.json", "\"num_experts\": 8", "\"num_experts\": 9"));
    EXPECT_NE(message.find("model.layers.0.mlp.gate.weight has the shape [8, 32]"), std::string::npos) << message;
}

TEST(Load, FolderNamesAllMissingFilesAtOnce)
{
    const std::filesystem::path folder = bent("qwen3moe", "config.json", "silu", "silu");
    std::filesystem::remove(folder / "model-00001-of-00003.safetensors");
    std::filesystem::remove(folder / "model-00003-of-00003.safetensors");
    for (int i = 0; i < 2; ++i) { // the second time by the names of the files alone
        const std::string message = folder_error(folder);
        EXPECT_NE(message.find("2 are missing: model-00001-of-00003.safetensors, model-00003-of-00003.safetensors"),
                  std::string::npos)
            << message;
        std::filesystem::remove(folder / "model.safetensors.index.json");
    }
}

TEST(Load, ProgressReachesTheEnd)
{
    const Engine engine = test::make_engine();
    uint64_t last = 0, total = 0;
    bool ascending = true;
    const auto model = Model::open(engine, TinyModel().write(), [&](uint64_t done, uint64_t all) {
        ascending = ascending && done >= last && (total == 0 || total == all);
        last = done;
        total = all;
    });
    ASSERT_TRUE(model);
    EXPECT_TRUE(ascending);
    EXPECT_EQ(last, total);
    EXPECT_EQ(total, (*model)->plan(1).weights_bytes);
}

TEST(Load, StopCancels)
{
    const Engine engine = test::make_engine();
    std::stop_source stop;
    stop.request_stop();
    const auto model = Model::open(engine, TinyModel().write(), {}, stop.get_token());
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::cancelled);
}

TEST(Load, LatentsThatNoKernelTakesAreRefused)
{
    TinyModel wide({.kv_lora = 8193});
    EXPECT_TRUE(names(error_of(wide), "kv_lora_rank is 8193, outside 1 to 8192")) << error_of(wide).message;
    TinyModel long_keys({.nope = 8193});
    EXPECT_TRUE(names(error_of(long_keys), "8192")) << error_of(long_keys).message;
}

TEST(Load, SpecialTokensOutsideTheVocabularyAreTold)
{
    const Engine engine = test::make_engine();
    for (const std::string role : {"eos", "bos"}) {
        const auto path = test::with_number("text.gguf", "tokenizer.ggml." + role + "_token_id", 999'999);
        const auto model = Model::open(engine, path);
        ASSERT_FALSE(model) << role;
        EXPECT_EQ(model.error().code, ErrorCode::format);
        EXPECT_NE(model.error().message.find("the " + role + " token has the id 999999, outside the vocabulary"),
                  std::string::npos)
            << model.error().message;
    }
}

TEST(Load, TextNeedsAVocabulary)
{
    const Engine engine = test::make_engine();
    const auto model = test::open_model(engine, TinyModel().write());
    const auto ids = model->tokenize("hello");
    ASSERT_FALSE(ids);
    EXPECT_EQ(ids.error().code, ErrorCode::unsupported);
    EXPECT_TRUE(names(ids.error(), "vocabulary"));
    EXPECT_FALSE(model->render({}));
    EXPECT_EQ(model->token_bytes(3), "");
    EXPECT_FALSE(model->is_end_of_generation(3));
}

} // namespace
} // namespace conclave
