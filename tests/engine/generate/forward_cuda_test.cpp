#include "generate/forward.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "generate/golden_model.hpp"

namespace conclave
{
namespace
{

using test::compare_with_golden;
using test::exact;

Engine cuda_engine()
{
    auto engine =
        Engine::create({.n_threads = 1, .device = "cuda:0", .program_folder = CONCLAVE_PROGRAM_FOLDER, .log = {}});
    if (!engine)
        throw std::runtime_error(engine.error().message);
    return *std::move(engine);
}

class OnCuda : public testing::TestWithParam<const char*>
{
};

TEST_P(OnCuda, EqualsThePublishedCode)
{
    const std::string name = GetParam();
    const Engine engine = cuda_engine();
    const auto path = name == "dsv3-fp8" ? test::golden("hf") / name : test::golden(name + ".gguf");
    for (const int chunk : {64, 1})
        compare_with_golden(name, path, engine, {.prefill_chunk = chunk}, exact);
}

TEST_P(OnCuda, GivesTheSameBitsAgainAndWithTraceOff)
{
    const std::string name = GetParam();
    const Engine engine = cuda_engine();
    const auto path = name == "dsv3-fp8" ? test::golden("hf") / name : test::golden(name + ".gguf");
    const std::vector<int32_t> ids = test::Golden(name).ids;
    const test::RecordingScore first = test::score(engine, path, ids), again = test::score(engine, path, ids);
    ASSERT_FALSE(first.logits.empty());
    EXPECT_EQ(again.logits, first.logits);
    EXPECT_EQ(again.ids, first.ids);
    EXPECT_EQ(again.weights, first.weights);
    EXPECT_EQ(test::score(engine, path, ids, {.trace = false}).logits, first.logits);
}

// Without dsv3-yarn, whose 5,012 tokens take the emulation minutes.
INSTANTIATE_TEST_SUITE_P(Golden, OnCuda,
                         testing::Values("dsv3", "dsv2", "dsv2lite", "dsv3-fp8", "qwen2", "qwen2moe", "qwen3",
                                         "qwen3moe", "llama3", "mixtral", "olmoe", "glm4moe"),
                         [](const auto& tested) {
                             std::string name = tested.param;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

TEST(OnCuda, RefusesAtLoadWhatItDoesNotCompute)
{
    const Engine engine = cuda_engine();
    const auto model = Model::open(engine, test::golden("gpt-oss.gguf"));
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::unsupported);
    EXPECT_NE(model.error().message.find("device cpu"), std::string::npos) << model.error().message;
}

/// Single steps are recorded once and launched again; from 129 positions on attention is cut in two parts.
TEST(OnCuda, LongSequencesOfSingleStepsEqualTheReference)
{
    std::vector<int32_t> ids(150);
    for (size_t i = 0; i < ids.size(); ++i)
        ids[i] = static_cast<int32_t>((i * i * 7 + i * 3 + 5) % 48);
    const Engine reference = test::make_engine("reference"), cuda = cuda_engine();
    for (const char* name : {"dsv2lite.gguf", "qwen3moe.gguf"}) {
        const test::RecordingScore expected = test::score(reference, test::golden(name), ids);
        const test::RecordingScore got = test::score(cuda, test::golden(name), ids, {.prefill_chunk = 1});
        EXPECT_LE(test::largest_difference(got.logits, expected.logits), 1e-4f) << name;
        EXPECT_EQ(got.ids, expected.ids) << name;
    }
}

TEST(OnCuda, AnswersAsTheReferenceDoes)
{
    GenerateRequest request;
    request.prompt_ids = test::Golden("qwen2moe").ids;
    request.max_tokens = 12;
    request.sampler.temperature = 0;
    std::vector<std::vector<int32_t>> answers;
    for (const Engine& engine : {test::make_engine("reference"), cuda_engine()}) {
        auto session = Session::create(test::open_model(engine, test::golden("qwen2moe.gguf")));
        ASSERT_TRUE(session) << session.error().message;
        test::RecordingSink sink;
        const auto stats = session->generate(request, sink);
        ASSERT_TRUE(stats) << stats.error().message;
        EXPECT_GT(stats->sum_counts, 0u);
        answers.push_back(sink.ids());
    }
    EXPECT_EQ(answers[0].size(), 12u);
    EXPECT_EQ(answers[1], answers[0]);
}

TEST(OnCuda, AContextThatDoesNotFitIsOneSentence)
{
    const Engine engine = cuda_engine();
    const auto model = test::open_model(engine, test::built_in_model());
    std::vector<Session> sessions;
    for (int i = 0; i < 64; ++i) { // the emulated device has 256 MiB
        auto session = Session::create(model, {.n_ctx = model->info().context_length});
        if (!session) {
            EXPECT_EQ(session.error().code, ErrorCode::out_of_memory);
            EXPECT_NE(session.error().message.find("cuda:0 has no room for"), std::string::npos)
                << session.error().message;
            return;
        }
        sessions.push_back(*std::move(session));
    }
    GTEST_SKIP() << "this device is too large to fill";
}

TEST(OnCuda, ADeviceThatIsNotThereIsOneSentence)
{
    const auto far = Engine::create({.device = "cuda:99", .program_folder = CONCLAVE_PROGRAM_FOLDER, .log = {}});
    ASSERT_FALSE(far);
    EXPECT_NE(far.error().message.find("cuda:99"), std::string::npos) << far.error().message;
    const auto nowhere = Engine::create({.device = "cuda:0", .program_folder = "/nowhere", .log = {}});
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().code, ErrorCode::device);
    EXPECT_NE(nowhere.error().message.find("no CUDA backend"), std::string::npos) << nowhere.error().message;
}

} // namespace
} // namespace conclave
