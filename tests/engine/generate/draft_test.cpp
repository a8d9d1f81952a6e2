// A session that drafts gives what one that does not gives: tokens, their numbers, the steps' rows and routes.
#include <algorithm>
#include <chrono>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "conclave/grammar.hpp"
#include "conclave/session.hpp"
#include "generate/recording_sink.hpp"
#include "model/opened.hpp"
#include "model/tiny_model.hpp"
#include "model/with_mtp.hpp"

namespace conclave
{
namespace
{

using test::RecordingScore;
using test::RecordingSink;

Session make(const std::shared_ptr<const Model>& model, SessionOptions options)
{
    auto session = Session::create(model, options);
    if (!session)
        throw std::runtime_error(session.error().message);
    return *std::move(session);
}

/// Two sessions of one model, of which the second drafts. Each call is made of both and compared to the bit.
class Pair
{
public:
    explicit Pair(std::shared_ptr<const Model> model, SessionOptions options = {})
        : m_plain(make(model, options)), m_drafting([&] {
              options.n_draft = 1;
              return make(model, options);
          }())
    {
    }

    /// What both answered; stop_after is the number of tokens that come before a stop request.
    std::vector<int32_t> generate(const GenerateRequest& request, std::optional<size_t> stop_after = {})
    {
        RecordingSink plain, drafting;
        const auto expected = run(m_plain, request, stop_after, plain),
                   got = run(m_drafting, request, stop_after, drafting);
        EXPECT_EQ(expected.has_value(), got.has_value());
        if (!expected || !got)
            return {};
        EXPECT_TRUE(plain.tokens == drafting.tokens)
            << "of " << plain.tokens.size() << " and " << drafting.tokens.size();
        EXPECT_EQ(expected->stop, got->stop);
        EXPECT_EQ(expected->n_cached, got->n_cached);
        EXPECT_EQ(expected->n_generated, got->n_generated);
        EXPECT_EQ(expected->sum_counts, got->sum_counts);
        EXPECT_EQ(m_plain.n_past(), m_drafting.n_past());
        EXPECT_FALSE(expected->n_drafted || expected->n_accepted);
        compare_steps(plain.steps, drafting.steps);
        EXPECT_LE(*got->n_accepted, *got->n_drafted);
        n_drafted += *got->n_drafted;
        n_accepted += *got->n_accepted;
        return plain.ids();
    }
    void score(const std::vector<int32_t>& ids)
    {
        RecordingScore plain, drafting;
        EXPECT_TRUE(m_plain.score(ids, plain));
        EXPECT_TRUE(m_drafting.score(ids, drafting));
        EXPECT_EQ(plain.logits, drafting.logits);
    }

    int n_drafted = 0, n_accepted = 0;

private:
    static Result<Stats> run(Session& session, const GenerateRequest& request, std::optional<size_t> stop_after,
                             RecordingSink& sink)
    {
        std::stop_source stop;
        sink.after_token = [&] {
            if (stop_after && sink.tokens.size() == *stop_after)
                stop.request_stop();
        };
        return session.generate(request, sink, stop.get_token());
    }
    static void compare_steps(const std::vector<RecordingSink::Step>& plain,
                              const std::vector<RecordingSink::Step>& drafting)
    {
        ASSERT_EQ(plain.size(), drafting.size());
        for (size_t i = 0; i < plain.size(); ++i) {
            const auto &a = plain[i], &b = drafting[i];
            ASSERT_EQ(a.phase, b.phase);
            ASSERT_EQ(a.rows.size(), b.rows.size());
            for (size_t row = 0; row < a.rows.size(); ++row) {
                EXPECT_EQ(a.rows[row].position, b.rows[row].position);
                EXPECT_EQ(a.rows[row].token, b.rows[row].token);
            }
            EXPECT_EQ(a.n_done, b.n_done);
            EXPECT_EQ(a.ids, b.ids);
            EXPECT_EQ(a.weights, b.weights);
            EXPECT_EQ(a.margins, b.margins);
            EXPECT_EQ(a.groups, b.groups);
        }
    }

    Session m_plain, m_drafting;
};

std::vector<int32_t> prompt(size_t n, int32_t seed = 3)
{
    std::vector<int32_t> ids(n);
    for (size_t i = 0; i < n; ++i)
        ids[i] = static_cast<int32_t>((i * i + i * 5 + static_cast<size_t>(seed)) % 48);
    return ids;
}

GenerateRequest greedy(std::vector<int32_t> ids, int n)
{
    return {.prompt_ids = std::move(ids), .sampler = {.temperature = 0}, .max_tokens = n};
}

struct Kind {
    const char* kernels;
    DType dtype;
};

/// Else the name of a test would be the bytes of its kind, a pointer among them.
void PrintTo(const Kind& kind, std::ostream* out)
{
    *out << kind.kernels << " " << dtype_info(kind.dtype)->name;
}

class Draft : public testing::TestWithParam<Kind>
{
protected:
    static std::filesystem::path file()
    {
        test::TinyModel tiny({.layers = 4, .q_lora = 32, .nope = 32, .v = 32, .groups = 4, .groups_used = 2});
        tiny.make_mtp(3, 32);
        if (GetParam().dtype != DType::F32)
            tiny.store_as(GetParam().dtype);
        return tiny.write("draft.gguf");
    }
    Engine engine = test::make_engine(GetParam().kernels, 2);
    std::shared_ptr<const Model> model = test::open_model(engine, file());
};

INSTANTIATE_TEST_SUITE_P(Kernels, Draft,
                         testing::Values(Kind{"reference", DType::F32}, Kind{"auto", DType::F32},
                                         Kind{"reference", DType::Q8_0}, Kind{"auto", DType::Q8_0},
                                         Kind{"auto", DType::Q4_0}, Kind{"auto", DType::F16}),
                         [](const auto& tested) {
                             return tested.param.kernels + ("_" + std::string(dtype_info(tested.param.dtype)->name));
                         });

TEST_P(Draft, GreedyAnswersAreTheSame)
{
    Pair pair(model);
    for (int32_t seed = 0; seed < 24; ++seed)
        pair.generate(greedy(prompt(1 + static_cast<size_t>(seed) * 3, seed), 40));
    EXPECT_GT(pair.n_drafted, 300);
    EXPECT_LT(pair.n_accepted, pair.n_drafted) << "a random block cannot always be right";
    for (const SessionOptions& options : {SessionOptions{.prefill_chunk = 1}, SessionOptions{.prefill_chunk = 7},
                                          SessionOptions{.mla = MlaMode::naive}, SessionOptions{.trace = false}}) {
        Pair other(model, options);
        for (int32_t seed = 0; seed < 4; ++seed)
            other.generate(greedy(prompt(20, seed), 30));
    }
}

TEST_P(Draft, SampledAnswersAreTheSame)
{
    Pair pair(model);
    for (uint64_t seed = 0; seed < 12; ++seed) {
        GenerateRequest request{.prompt_ids = prompt(10 + seed), .max_tokens = 40, .n_inspect = 3};
        request.sampler = {.temperature = 0.7f,
                           .top_p = 0.95f,
                           .xtc_probability = 0.3f,
                           .xtc_threshold = 0.05f,
                           .repetition_penalty = 1.2f,
                           .presence_penalty = 0.1f,
                           .repetition_window = -1,
                           .dry_multiplier = 0.5f,
                           .logit_bias = {{3, 1}},
                           .seed = seed};
        request.sampler.mirostat = static_cast<int>(seed % 3);
        pair.generate(request);
    }
    EXPECT_GT(pair.n_drafted, 100);
}

TEST_P(Draft, EveryLengthEndsTheSame)
{
    for (int n = 0; n < 9; ++n) {
        Pair pair(model);
        pair.generate(greedy(prompt(10), n));
        pair.generate(greedy(prompt(12), n));
    }
    for (int n_ctx = 11; n_ctx < 20; ++n_ctx) {
        Pair pair(model, {.n_ctx = n_ctx});
        pair.generate(greedy(prompt(10), -1));
    }
    for (size_t stop_after = 1; stop_after < 9; ++stop_after) {
        Pair pair(model);
        auto next = prompt(10);
        const auto ids = pair.generate(greedy(next, -1), stop_after);
        EXPECT_EQ(ids.size(), stop_after);
        next.insert(next.end(), ids.begin(), ids.end());
        pair.generate(greedy(next, 10));
    }
}

TEST_P(Draft, TurnsAndBranchesAreTheSame)
{
    Pair pair(model);
    std::vector<int32_t> chat = prompt(30);
    for (int turn = 0; turn < 4; ++turn) {
        const auto ids = pair.generate(greedy(chat, 12));
        pair.generate(greedy(chat, 12)); // once more
        chat.insert(chat.end(), ids.begin(), ids.end());
        chat.insert(chat.end(), {1, 2, static_cast<int32_t>(turn)});
    }
    std::vector<int32_t> left = prompt(60), right = prompt(60);
    for (size_t i = 25; i < right.size(); ++i)
        right[i] = (right[i] + 1) % 48;
    for (const auto& branch : {left, right, left, right})
        pair.generate(greedy(branch, 8));
    pair.score(left);
    pair.generate(greedy(right, 8));
    pair.generate(greedy(left, 8));
}

TEST_P(Draft, AStopInTheMiddleOfThePromptLeavesAWholeCache)
{
    const std::vector<int32_t> ids = prompt(200);
    RecordingSink fresh;
    Session other = make(model, {.prefill_chunk = 32});
    ASSERT_TRUE(other.generate(greedy(ids, 6), fresh));
    for (const int delay_us : {0, 100, 300, 1000, 3000, 10'000}) {
        Session session = make(model, {.prefill_chunk = 32, .n_draft = 1});
        std::stop_source stop;
        RecordingSink sink, again;
        std::jthread stopper([&] {
            std::this_thread::sleep_for(std::chrono::microseconds(delay_us));
            stop.request_stop();
        });
        ASSERT_TRUE(session.generate(greedy(ids, 6), sink, stop.get_token()));
        ASSERT_TRUE(session.generate(greedy(ids, 6), again));
        EXPECT_EQ(again.ids(), fresh.ids());
    }
}

TEST(DraftFamilies, GoldenModelsWithABlock)
{
    for (const char* kernels : {"reference", "auto"})
        for (const char* name : {"dsv3.gguf", "glm4moe.gguf"}) {
            SCOPED_TRACE(std::string(kernels) + " " + name);
            const Engine engine = test::make_engine(kernels, 2);
            Pair pair(test::open_model(engine, test::with_mtp(name)));
            for (int32_t seed = 0; seed < 8; ++seed)
                pair.generate(greedy(prompt(5 + static_cast<size_t>(seed) * 4, seed), 40));
            EXPECT_GT(pair.n_drafted, 100);
        }
}

class DraftGuide : public testing::TestWithParam<const char*>
{
protected:
    std::vector<int32_t> asked(const std::string& question)
    {
        const ChatMessage message{Role::user, question};
        return model->render({&message, 1})->ids;
    }
    Engine engine = test::make_engine(GetParam(), 2);
    std::shared_ptr<const Model> model = test::open_model(engine, test::built_in_model());
};

INSTANTIATE_TEST_SUITE_P(Kernels, DraftGuide, testing::Values("reference", "auto"));

TEST_P(DraftGuide, ATrainedBlockIsMostlyRight)
{
    Pair pair(model);
    const char* questions[] = {"What is a mixture of experts?",
                               "Who are you?",
                               "What is 12 plus 30?",
                               "Tell me a story.",
                               "Write a function that adds two numbers.",
                               "What can you do?",
                               "Name a color.",
                               "Reverse the word lamp.",
                               "What is the capital of France?",
                               "Hello!"};
    for (const char* question : questions) {
        GenerateRequest request = greedy(asked(question), 40);
        const auto ids = pair.generate(request);
        request.prompt_ids.insert(request.prompt_ids.end(), ids.begin(), ids.end());
        const auto more = asked("And why?");
        request.prompt_ids.insert(request.prompt_ids.end(), more.begin() + 1, more.end());
        pair.generate(request);
    }
    EXPECT_GT(pair.n_drafted, 50);
    EXPECT_GT(pair.n_accepted * 10, pair.n_drafted * 6) << pair.n_accepted << " of " << pair.n_drafted;
}

TEST_P(DraftGuide, StopStringsGrammarsAndSeedsAreObeyed)
{
    Pair pair(model);
    for (const char* stop : {"mixture", " of", "layer", "e", ". "}) {
        GenerateRequest request = greedy(asked("What is a mixture of experts?"), 60);
        request.stop = {"no such text", stop};
        pair.generate(request);
    }
    GenerateRequest request = greedy(asked("Describe yourself."), 60);
    request.grammar = *grammar_from_json_schema(R"({"type": "object", "properties": {"name": {"type": "string"},
        "age": {"type": "integer"}}, "required": ["name"]})");
    pair.generate(request);
    for (uint64_t seed = 0; seed < 6; ++seed) {
        request.sampler = {.temperature = 1, .seed = seed};
        pair.generate(request);
    }
    request.grammar.clear();
    for (uint64_t seed = 0; seed < 6; ++seed) {
        request.sampler.seed = seed;
        pair.generate(request);
    }
}

TEST(DraftRefused, WhatCannotBe)
{
    const Engine engine = test::make_engine();
    const auto without = test::open_model(engine, test::TinyModel().write("no-mtp.gguf"));
    const auto none = Session::create(without, {.n_draft = 1});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::unsupported);
    EXPECT_NE(none.error().message.find("has no block"), std::string::npos) << none.error().message;
    EXPECT_EQ(Session::create(without, {.n_draft = 2}).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(Session::create(without, {.n_draft = -1}).error().code, ErrorCode::invalid_argument);
    const auto broken = Session::create(test::open_model(engine, test::golden("dsv3.gguf")), {.n_draft = 1});
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, ErrorCode::format);
    EXPECT_NE(broken.error().message.find("nextn.enorm.weight is missing"), std::string::npos);
}

} // namespace
} // namespace conclave
