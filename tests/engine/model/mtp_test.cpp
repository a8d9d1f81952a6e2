#include "model/mtp.hpp"

#include <gtest/gtest.h>

#include "model/opened.hpp"
#include "model/tiny_model.hpp"
#include "model/with_mtp.hpp"

namespace conclave
{
namespace
{

using test::TinyModel;

TinyModel with_block()
{
    TinyModel tiny({.layers = 3});
    tiny.make_mtp(2, 32);
    return tiny;
}

class Mtp : public testing::Test
{
protected:
    std::shared_ptr<const Model> open(const TinyModel& tiny, const std::string& name = "mtp.gguf")
    {
        return test::open_model(engine, tiny.write(name));
    }
    /// The sentence that says why there is no block.
    std::string refusal(const TinyModel& tiny)
    {
        const auto model = open(tiny);
        EXPECT_FALSE(model->state()->weights.mtp);
        EXPECT_FALSE(model->info().n_params_mtp);
        EXPECT_EQ(model->plan(64, 1).total_bytes, model->plan(64).total_bytes);
        return model->state()->mtp_error.message;
    }
    Engine engine = test::make_engine();
};

TEST_F(Mtp, SharesTheModelsEndsUnlessItHasItsOwn)
{
    TinyModel tiny = with_block();
    {
        const auto model = open(tiny);
        const Weights& w = model->state()->weights;
        ASSERT_TRUE(w.mtp) << model->state()->mtp_error.message;
        EXPECT_EQ(w.mtp->mix.embedding.data, w.embedding.data);
        EXPECT_EQ(w.mtp->shared_head.data, w.output.data);
        EXPECT_NE(w.mtp->shared_head_norm, w.output_norm);
        EXPECT_TRUE(w.mtp->layer.routes());
        EXPECT_EQ(w.layers.size(), 2u);
    }
    tiny.add("blk.2.nextn.embed_tokens.weight", {32, 48}, 1);
    tiny.add("blk.2.nextn.shared_head_head.weight", {32, 48}, 1);
    const auto model = open(tiny);
    const Weights& w = model->state()->weights;
    ASSERT_TRUE(w.mtp) << model->state()->mtp_error.message;
    EXPECT_NE(w.mtp->mix.embedding.data, w.embedding.data);
    EXPECT_NE(w.mtp->shared_head.data, w.output.data);
}

TEST_F(Mtp, IsCountedApart)
{
    const auto with = open(with_block()), without = open(TinyModel(), "without.gguf");
    EXPECT_EQ(with->info().n_params, without->info().n_params);
    EXPECT_EQ(with->info().n_params_active, without->info().n_params_active);
    const ModelInfo three = open(TinyModel({.layers = 3}), "three.gguf")->info();
    EXPECT_EQ(with->info().n_params_mtp, three.n_params - without->info().n_params + 64 * 32 + 3 * 32);

    const MemoryPlan plain = with->plan(64), drafting = with->plan(64, 1);
    EXPECT_EQ(plain.weights_bytes, without->plan(64).weights_bytes);
    EXPECT_EQ(drafting.weights_bytes - plain.weights_bytes, 4 * *with->info().n_params_mtp) << "all F32";
    EXPECT_EQ(drafting.kv_bytes, plain.kv_bytes / 2 * 3);
    EXPECT_EQ(drafting.active_bytes, plain.active_bytes);
    EXPECT_GT(drafting.scratch_bytes, plain.scratch_bytes);
}

TEST_F(Mtp, ABrokenBlockIsSaidAndHarmsNothingElse)
{
    const std::string none = refusal(TinyModel());
    EXPECT_NE(none.find("mtp.gguf has no block that predicts further tokens"), std::string::npos) << none;
    TinyModel cut = with_block();
    cut.remove_tensor("blk.2.nextn.hnorm.weight");
    const std::string missing = refusal(cut);
    EXPECT_NE(missing.find("blk.2.nextn.hnorm.weight is missing"), std::string::npos) << missing;
    TinyModel half = with_block();
    half.remove_tensor("blk.2.attn_output.weight");
    const std::string no_layer = refusal(half);
    EXPECT_NE(no_layer.find("blk.2.attn_output.weight is missing"), std::string::npos) << no_layer;
    TinyModel bent = with_block();
    bent.remove_tensor("blk.2.nextn.eh_proj.weight");
    bent.add("blk.2.nextn.eh_proj.weight", {32, 32}, 1);
    const std::string shape = refusal(bent);
    EXPECT_NE(
        shape.find("blk.2.nextn.eh_proj.weight has the shape [32, 32, 1] where the metadata asks for [64, 32, 1]"),
        std::string::npos)
        << shape;
    TinyModel words = with_block();
    words.add("blk.2.nextn.shared_head_head.weight", {32, 47}, 1);
    const std::string head = refusal(words);
    EXPECT_NE(head.find("shared_head_head.weight has the shape [32, 47, 1]"), std::string::npos) << head;
}

TEST_F(Mtp, OfEveryFamilyThatHasOne)
{
    for (const char* name : {"dsv3.gguf", "glm4moe.gguf"}) {
        const auto model = test::open_model(engine, test::with_mtp(name));
        EXPECT_TRUE(model->state()->weights.mtp) << model->state()->mtp_error.message;
    }
    const auto guide = test::open_model(engine, test::built_in_model());
    EXPECT_EQ(guide->info().n_params_mtp, 1'182'176u)
        << "projection 51,680 with norms, attention 111,424, experts 1,019,072";
}

} // namespace
} // namespace conclave
