#include "generate/forward.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "generate/golden_model.hpp"
#include "model/tiny_model.hpp"

namespace conclave
{
namespace
{

using test::RecordingScore;

using test::compare_with_golden;
using test::exact;
using test::Golden;
using test::largest_difference;
using test::score;

class AgainstPublishedCode : public testing::TestWithParam<const char*>
{
};

std::filesystem::path gguf(const std::string& name)
{
    return test::golden(name + ".gguf");
}

/// The same weights as Hugging Face publishes them.
std::filesystem::path folder(const std::string& name)
{
    return test::golden("hf") / name;
}

TEST_P(AgainstPublishedCode, ReferenceOps)
{
    compare_with_golden(GetParam(), gguf(GetParam()), test::make_engine("reference", 2), {}, exact);
    compare_with_golden(GetParam(), folder(GetParam()), test::make_engine("reference", 2), {}, exact);
}

TEST_P(AgainstPublishedCode, FastOps)
{
    compare_with_golden(GetParam(), gguf(GetParam()), test::make_engine("auto", 2), {}, exact);
    compare_with_golden(GetParam(), folder(GetParam()), test::make_engine("auto", 2), {}, exact);
}

TEST_P(AgainstPublishedCode, NaiveAndAbsorbedInChunksOfSeven)
{
    for (const MlaMode mode : {MlaMode::naive, MlaMode::absorbed})
        compare_with_golden(GetParam(), gguf(GetParam()), test::make_engine("auto", 2),
                            {.prefill_chunk = 7, .mla = mode}, exact);
}

TEST_P(AgainstPublishedCode, FolderAndGgufGiveTheSameBits)
{
    const std::string name = GetParam();
    const std::vector<int32_t> ids = Golden(name).ids;
    for (const char* kernels : {"reference", "auto"}) {
        const Engine engine = test::make_engine(kernels, 2);
        const RecordingScore a = score(engine, gguf(name), ids), b = score(engine, folder(name), ids);
        // GGUF has Llama 3's frequencies as divisors, which were rounded.
        EXPECT_LE(largest_difference(a.logits, b.logits), name == "llama3" ? 1e-6f : 0.0f) << kernels;
        EXPECT_EQ(a.ids, b.ids);
    }
}

INSTANTIATE_TEST_SUITE_P(Golden, AgainstPublishedCode,
                         testing::Values("dsv3", "dsv2", "dsv2lite", "dsv3-yarn", "qwen2", "qwen2moe", "qwen3",
                                         "qwen3moe", "llama3", "mixtral", "olmoe", "gpt-oss", "glm4moe"),
                         [](const auto& tested) {
                             std::string name = tested.param;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

/// A window in every layer, which GGUF has no key for.
TEST(Forward, MistralSeesNoFurtherThanItsWindow)
{
    const std::string name = "mistral";
    for (const char* kernels : {"reference", "auto"})
        for (const int chunk : {64, 7, 1})
            compare_with_golden(name, folder(name), test::make_engine(kernels, 2), {.prefill_chunk = chunk}, exact);
}

/// Published with FP8 weights and scales of their blocks, which no GGUF has.
TEST(Forward, Fp8AsPublishedEqualsWhatItStandsFor)
{
    const std::string name = "dsv3-fp8";
    for (const char* kernels : {"reference", "auto"})
        for (const int chunk : {64, 7, 1})
            compare_with_golden(name, folder(name), test::make_engine(kernels, 2), {.prefill_chunk = chunk}, exact);
    compare_with_golden(name, folder(name), test::make_engine("auto", 2), {.mla = MlaMode::naive}, exact);
    compare_with_golden(name, folder(name), test::make_engine("auto", 2), {.mla = MlaMode::absorbed}, exact);
    const Engine engine = test::make_engine();
    const auto quant = test::open_model(engine, folder(name))->info().quant;
    ASSERT_FALSE(quant.empty());
    EXPECT_EQ(quant[0].first, "F8_E4M3");
}

/// gpt-oss with experts in MXFP4, laid out by each format in its own way.
TEST(Forward, Mxfp4AsPublishedEqualsWhatItStandsFor)
{
    const std::string name = "gpt-oss-mxfp4";
    const Engine reference = test::make_engine("reference", 2);
    compare_with_golden(name, gguf(name), reference, {}, exact);
    compare_with_golden(name, folder(name), reference, {.prefill_chunk = 7}, exact);
    const Golden golden(name);
    const Engine engine = test::make_engine("auto", 2);
    const RecordingScore a = score(engine, gguf(name), golden.ids), b = score(engine, folder(name), golden.ids);
    EXPECT_EQ(largest_difference(a.logits, b.logits), 0.0f);
    double error = 0, norm = 0; // int8 activations cost something
    for (size_t i = 0; i < a.logits.size(); ++i) {
        error += std::pow(static_cast<double>(a.logits[i]) - golden.logits[i], 2);
        norm += std::pow(static_cast<double>(golden.logits[i]), 2);
    }
    EXPECT_LE(error / norm, 1e-3);
    for (const auto& path : {gguf(name), folder(name)}) {
        bool named = false;
        for (const auto& [type, bytes] : test::open_model(engine, path)->info().quant)
            named = named || (type == "MXFP4" && bytes > 10'000);
        EXPECT_TRUE(named) << path;
    }
}

std::vector<int32_t> some_ids(size_t n)
{
    std::vector<int32_t> ids(n);
    for (size_t i = 0; i < n; ++i)
        ids[i] = static_cast<int32_t>((i * i * 7 + i * 3 + 5) % 48);
    return ids;
}

TEST(Forward, PrefillEqualsSingleSteps)
{
    const auto path = test::TinyModel().write("forward.gguf");
    const std::vector<int32_t> ids = some_ids(70);
    for (const char* kernels : {"reference", "auto"}) {
        const Engine engine = test::make_engine(kernels, 2);
        const RecordingScore chunk = score(engine, path, ids, {.prefill_chunk = 64});
        const RecordingScore single = score(engine, path, ids, {.prefill_chunk = 1});
        EXPECT_LE(largest_difference(chunk.logits, single.logits), 1e-4f) << kernels;
        EXPECT_EQ(chunk.ids, single.ids) << kernels;
    }
}

TEST(Forward, OldAndNewKvBAgree)
{
    test::TinyModel now({.vocab = 48}), old({.vocab = 48, .old_kv_b = true});
    for (int layer = 0; layer < 2; ++layer) { // the same numbers in the old layout
        const std::string b = "blk." + std::to_string(layer) + ".";
        const auto &k_b = now.tensor(b + "attn_k_b.weight"), &v_b = now.tensor(b + "attn_v_b.weight");
        auto& kv_b = old.tensor(b + "attn_kv_b.weight");
        for (size_t h = 0; h < 2; ++h)
            for (size_t i = 0; i < 8; ++i)
                for (size_t r = 0; r < 32; ++r) {
                    kv_b.data[(h * 16 + i) * 32 + r] = k_b.data[(h * 32 + r) * 8 + i];
                    kv_b.data[(h * 16 + 8 + i) * 32 + r] = v_b.data[(h * 8 + i) * 32 + r];
                }
        for (const char* name :
             {"attn_norm.weight", "ffn_norm.weight", "attn_q_a.weight", "attn_q_a_norm.weight", "attn_q_b.weight",
              "attn_kv_a_mqa.weight", "attn_kv_a_norm.weight", "attn_output.weight"})
            old.tensor(b + name).data = now.tensor(b + name).data;
    }
    for (const char* name : {"token_embd.weight", "output.weight", "blk.0.ffn_gate.weight", "blk.0.ffn_up.weight",
                             "blk.0.ffn_down.weight", "blk.1.ffn_gate_inp.weight", "blk.1.exp_probs_b.bias",
                             "blk.1.ffn_gate_exps.weight", "blk.1.ffn_up_exps.weight", "blk.1.ffn_down_exps.weight",
                             "blk.1.ffn_gate_shexp.weight", "blk.1.ffn_up_shexp.weight", "blk.1.ffn_down_shexp.weight"})
        old.tensor(name).data = now.tensor(name).data;
    const Engine engine = test::make_engine();
    const std::vector<int32_t> ids = some_ids(40);
    const RecordingScore a = score(engine, now.write("now.gguf"), ids), b = score(engine, old.write("old.gguf"), ids);
    EXPECT_EQ(largest_difference(a.logits, b.logits), 0);
    EXPECT_EQ(a.ids, b.ids);
}

TEST(Forward, SameBitsAgainWithTraceOffAndWithMoreThreads)
{
    const auto path = test::TinyModel().write("forward.gguf");
    const std::vector<int32_t> ids = some_ids(45);
    for (const char* kernels : {"reference", "auto"}) {
        const Engine one = test::make_engine(kernels, 1), two = test::make_engine(kernels, 2);
        const std::vector<float> first = score(one, path, ids).logits;
        ASSERT_FALSE(first.empty());
        EXPECT_EQ(score(one, path, ids).logits, first) << kernels;
        EXPECT_EQ(score(one, path, ids, {.trace = false}).logits, first) << kernels << " trace off";
        EXPECT_EQ(score(two, path, ids).logits, first) << kernels << " two threads";
    }
}

} // namespace
} // namespace conclave
