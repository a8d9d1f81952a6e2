#include <gtest/gtest.h>

#include "model/opened.hpp"
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
    EXPECT_EQ(plan.total_bytes, plan.weights_bytes + plan.kv_bytes + plan.scratch_bytes);
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

TEST(Load, FolderSaysWhatToOpen)
{
    const Engine engine = test::make_engine();
    const auto model = Model::open(engine, test::scratch_folder());
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::unsupported);
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
