// Whole models with narrower caches: how far their logits are from those of a cache of floats.
#include <cstdio>

#include <gtest/gtest.h>

#include "generate/golden_model.hpp"
#include "ops/sample_layers.hpp"

namespace conclave
{
namespace
{

// Of logits: measured 1.1e-7 to 1.4e-7 in f16 and 6e-6 to 1e-5 in bf16. The heads of the golden models do not fit the
// blocks of q8_0, which is tested by itself alone (cached_rows_test.cpp).
struct Bound {
    KvType kv;
    double nmse;
};

void expect_close(const Engine& engine, const std::filesystem::path& path, const std::vector<int32_t>& ids,
                  std::initializer_list<Bound> bounds)
{
    const std::vector<float> floats = test::score(engine, path, ids).logits;
    for (const auto& [kv, nmse] : bounds) {
        const std::vector<float> narrow = test::score(engine, path, ids, {.kv = kv}).logits;
        const double error = normalized_error(narrow, floats);
        std::printf("%s, cache in %s: NMSE %.1e\n", path.filename().c_str(), kv_type_name(kv).data(), error);
        EXPECT_LE(error, nmse) << path << " " << kv_type_name(kv);
        EXPECT_NE(narrow, floats);
    }
}

TEST(ForwardKv, LogitsStayClose)
{
    const Engine engine = *Engine::create();
    for (const char* name : {"dsv3", "qwen3moe", "olmoe"})
        expect_close(engine, test::golden(std::string(name) + ".gguf"), test::Golden(name).ids,
                     {{KvType::f16, 1e-6}, {KvType::bf16, 5e-5}});
}

TEST(ForwardKv, AGoldenModelWhoseHeadsDoNotFitIsRefused)
{
    const Engine engine = *Engine::create();
    const auto session = Session::create(test::open_model(engine, test::golden("dsv3.gguf")), {.kv = KvType::q8_0});
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::unsupported);
    EXPECT_NE(session.error().message.find("q8_0"), std::string::npos) << session.error().message;
    EXPECT_NE(session.error().message.find("choose f16"), std::string::npos) << session.error().message;
}

TEST(ForwardKv, GoingBackToABranchIsTheSame)
{
    const Engine engine = *Engine::create();
    const auto model = test::open_model(engine, test::golden("qwen3moe.gguf"));
    std::vector<int32_t> ids = test::Golden("qwen3moe").ids, other = ids;
    for (size_t i = 8; i < other.size(); ++i)
        other[i] = (other[i] + 1) % 7;
    const auto answer = [&](Session& session, const std::vector<int32_t>& prompt) {
        test::RecordingSink sink;
        EXPECT_TRUE(session.generate({.prompt_ids = prompt, .sampler = {.temperature = 0}, .max_tokens = 6}, sink));
        return sink.ids();
    };
    Session session = *Session::create(model, {.kv = KvType::f16}),
            fresh = *Session::create(model, {.kv = KvType::f16});
    const auto first = answer(session, ids);
    answer(session, other);
    EXPECT_EQ(answer(session, ids), first);
    EXPECT_EQ(answer(fresh, ids), first);
}

} // namespace
} // namespace conclave
