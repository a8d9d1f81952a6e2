#include "conclave/session.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "generate/recording_sink.hpp"
#include "model/opened.hpp"
#include "model/tiny_model.hpp"

namespace conclave
{
namespace
{

using test::RecordingScore;
using test::RecordingSink;

class SessionTest : public testing::TestWithParam<const char*>
{
protected:
    Session make(SessionOptions options = {})
    {
        auto session = Session::create(model, options);
        EXPECT_TRUE(session);
        return *std::move(session);
    }
    static GenerateRequest greedy(std::vector<int32_t> ids, int n)
    {
        return {.prompt_ids = std::move(ids), .sampler = {.temperature = 0}, .max_tokens = n};
    }
    static std::vector<int32_t> prompt(size_t n, int32_t seed = 3)
    {
        std::vector<int32_t> ids(n);
        for (size_t i = 0; i < n; ++i)
            ids[i] = static_cast<int32_t>((i * i + i * 5 + static_cast<size_t>(seed)) % 48);
        return ids;
    }

    Engine engine = test::make_engine(GetParam(), 2);
    std::shared_ptr<const Model> model = test::open_model(engine, test::TinyModel().write("session.gguf"));
};

INSTANTIATE_TEST_SUITE_P(Kernels, SessionTest, testing::Values("reference", "auto"));

TEST_P(SessionTest, LogitsThatAreNoNumbersEndTheAnswer)
{
    test::TinyModel broken;
    for (float& value : broken.tensor("output_norm.weight").data)
        value = std::numeric_limits<float>::quiet_NaN();
    model = test::open_model(engine, broken.write("broken.gguf"));
    Session session = make();
    RecordingSink sink;
    const auto stats = session.generate(greedy(prompt(5), 5), sink);
    ASSERT_FALSE(stats);
    EXPECT_EQ(stats.error().code, ErrorCode::format);
    EXPECT_NE(stats.error().message.find("no number for any token at position 5"), std::string::npos)
        << stats.error().message;
    EXPECT_TRUE(sink.tokens.empty());
}

TEST_P(SessionTest, ReportsTokensAndStepsInOrder)
{
    Session session = make({.prefill_chunk = 8});
    RecordingSink sink;
    const auto stats = session.generate(greedy(prompt(20), 5), sink);
    ASSERT_TRUE(stats);
    EXPECT_EQ(stats->stop, StopReason::max_tokens);
    EXPECT_EQ(stats->n_prompt, 20);
    EXPECT_EQ(stats->n_cached, 0);
    EXPECT_EQ(stats->n_generated, 5);
    EXPECT_TRUE(stats->prefill_tps && *stats->prefill_tps > 0);
    EXPECT_TRUE(stats->decode_tps && *stats->decode_tps > 0);
    EXPECT_GT(stats->ttft_ms, 0);

    ASSERT_EQ(sink.tokens.size(), 5u);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(sink.tokens[static_cast<size_t>(i)].index, i);
        EXPECT_EQ(sink.tokens[static_cast<size_t>(i)].position, 20 + i);
        ASSERT_EQ(sink.tokens[static_cast<size_t>(i)].top.size(), 5u);
        EXPECT_EQ(sink.tokens[static_cast<size_t>(i)].top[0].id, sink.tokens[static_cast<size_t>(i)].id) << "greedy";
        EXPECT_EQ(sink.tokens[static_cast<size_t>(i)].top[0].logprob, sink.tokens[static_cast<size_t>(i)].logprob);
    }
    ASSERT_EQ(sink.steps.size(), 3u + 4u) << "the last token is never computed";
    EXPECT_EQ(sink.steps[0].rows.size(), 8u);
    EXPECT_EQ(sink.steps[2].rows.size(), 4u);
    EXPECT_EQ(sink.steps[2].n_done, 20);
    EXPECT_EQ(sink.steps[2].n_total, 20);
    EXPECT_EQ(sink.steps[2].phase, Phase::prefill);
    EXPECT_EQ(sink.steps[2].kernel_class, 1);
    for (size_t i = 3; i < sink.steps.size(); ++i) {
        EXPECT_EQ(sink.steps[i].phase, Phase::decode);
        EXPECT_EQ(sink.steps[i].kernel_class, 0);
        ASSERT_EQ(sink.steps[i].rows.size(), 1u);
        EXPECT_EQ(sink.steps[i].rows[0].token, sink.tokens[i - 3].id);
        EXPECT_EQ(sink.steps[i].rows[0].position, sink.tokens[i - 3].position);
    }
}

TEST_P(SessionTest, TellsHowFarALongStepIs)
{
    class Progress : public RecordingSink
    {
    public:
        void on_progress(int n_done, int n_total) override
        {
            EXPECT_EQ(n_total, 45);
            done.push_back(n_done);
        }
        std::vector<int> done;
    };
    Session session = make({.prefill_chunk = 40});
    Progress sink;
    ASSERT_TRUE(session.generate(greedy(prompt(45), 2), sink)); // a step of 40 rows, and one of 5 that tells nothing
    ASSERT_EQ(sink.done.size(), static_cast<size_t>(model->info().n_layers));
    EXPECT_GT(sink.done.front(), 0);
    EXPECT_TRUE(std::is_sorted(sink.done.begin(), sink.done.end()));
    EXPECT_EQ(sink.done.back(), 40);
}

TEST_P(SessionTest, CountsEveryExpertOfEveryRow)
{
    Session session = make({.prefill_chunk = 7});
    RecordingSink sink;
    const auto stats = session.generate(greedy(prompt(20), 5), sink);
    ASSERT_TRUE(stats);
    EXPECT_EQ(stats->sum_counts, (20u + 4u) * 2u * 1u);
    uint64_t seen = 0;
    for (const auto& step : sink.steps) {
        ASSERT_EQ(step.ids.size(), step.rows.size() * 2);
        for (size_t row = 0; row < step.rows.size(); ++row)
            EXPECT_EQ(std::set(step.ids.begin() + static_cast<std::ptrdiff_t>(row * 2),
                               step.ids.begin() + static_cast<std::ptrdiff_t>(row * 2 + 2))
                          .size(),
                      2u);
        seen += step.ids.size();
    }
    EXPECT_EQ(seen, stats->sum_counts);
}

TEST_P(SessionTest, TraceOffChangesNoToken)
{
    RecordingSink on, off;
    Session recording = make(), silent = make({.trace = false});
    const GenerateRequest request{.prompt_ids = prompt(12), .sampler = {.temperature = 1, .seed = 4}, .max_tokens = 12};
    ASSERT_TRUE(recording.generate(request, on));
    const auto stats = silent.generate(request, off);
    ASSERT_TRUE(stats);
    EXPECT_EQ(on.tokens, off.tokens);
    EXPECT_TRUE(off.steps[0].ids.empty());
    EXPECT_EQ(stats->sum_counts, 0u);
}

TEST_P(SessionTest, SeedDecidesTheAnswer)
{
    const auto answer = [&](std::optional<uint64_t> seed, uint64_t* used = nullptr) {
        Session session = make();
        RecordingSink sink;
        const auto stats = session.generate(
            {.prompt_ids = prompt(6), .sampler = {.temperature = 1.5f, .top_p = 1, .seed = seed}, .max_tokens = 24},
            sink);
        EXPECT_TRUE(stats);
        if (used)
            *used = stats->seed;
        return sink.ids();
    };
    EXPECT_EQ(answer(11), answer(11));
    EXPECT_NE(answer(11), answer(12));
    uint64_t used = 0;
    const std::vector<int32_t> fresh = answer(std::nullopt, &used);
    EXPECT_EQ(fresh, answer(used)) << "a fresh seed is reported";
}

TEST_P(SessionTest, NextTurnReusesThePrefix)
{
    Session session = make();
    RecordingSink first;
    ASSERT_TRUE(session.generate(greedy(prompt(30), 6), first));
    EXPECT_EQ(session.n_past(), 35);

    std::vector<int32_t> next = prompt(30);
    for (const int32_t id : first.ids())
        next.push_back(id);
    next.insert(next.end(), {1, 2, 3});
    RecordingSink reused, fresh;
    const auto stats = session.generate(greedy(next, 8), reused);
    ASSERT_TRUE(stats);
    EXPECT_EQ(stats->n_cached, 35);
    Session other = make();
    ASSERT_TRUE(other.generate(greedy(next, 8), fresh));
    EXPECT_EQ(reused.ids(), fresh.ids());
    for (size_t i = 0; i < fresh.tokens.size(); ++i)
        EXPECT_NEAR(reused.tokens[i].logprob, fresh.tokens[i].logprob, 1e-4);
}

TEST_P(SessionTest, ChangedMiddleIsComputedAgain)
{
    Session session = make();
    RecordingSink sink, changed, fresh;
    ASSERT_TRUE(session.generate(greedy(prompt(40), 4), sink));
    std::vector<int32_t> edited = prompt(40);
    edited[25] = (edited[25] + 1) % 48;
    const auto stats = session.generate(greedy(edited, 8), changed);
    ASSERT_TRUE(stats);
    EXPECT_EQ(stats->n_cached, 25);
    Session other = make();
    ASSERT_TRUE(other.generate(greedy(edited, 8), fresh));
    EXPECT_EQ(changed.ids(), fresh.ids());
}

TEST_P(SessionTest, ABranchThatWasLeftIsNotComputedAgain)
{
    Session session = make();
    std::vector<int32_t> left = prompt(60), right = prompt(60);
    for (size_t i = 25; i < right.size(); ++i)
        right[i] = (right[i] + 1) % 48;
    RecordingSink first, second, again, back;
    ASSERT_TRUE(session.generate(greedy(left, 8), first));
    ASSERT_TRUE(session.generate(greedy(right, 8), second));
    const auto stats = session.generate(greedy(left, 8), again);
    ASSERT_TRUE(stats);
    EXPECT_EQ(stats->n_cached, 59);
    EXPECT_EQ(again.ids(), first.ids());
    const auto once_more = session.generate(greedy(right, 8), back);
    ASSERT_TRUE(once_more);
    EXPECT_EQ(once_more->n_cached, 59);
    EXPECT_EQ(back.ids(), second.ids());
    for (size_t i = 0; i < back.tokens.size(); ++i)
        EXPECT_NEAR(back.tokens[i].logprob, second.tokens[i].logprob, 1e-4);
}

TEST_P(SessionTest, SamePromptAgainComputesItsLastToken)
{
    Session session = make();
    RecordingSink first, again;
    ASSERT_TRUE(session.generate(greedy(prompt(10), 3), first));
    const auto stats = session.generate(greedy(prompt(10), 3), again);
    ASSERT_TRUE(stats);
    EXPECT_EQ(stats->n_cached, 9);
    EXPECT_EQ(first.ids(), again.ids());
}

TEST_P(SessionTest, StopsInThePrompt)
{
    Session session = make({.prefill_chunk = 8});
    RecordingSink sink;
    std::stop_source stop;
    sink.after_step = [&] { stop.request_stop(); };
    const auto stats = session.generate(greedy(prompt(40), 5), sink, stop.get_token());
    ASSERT_TRUE(stats);
    EXPECT_EQ(stats->stop, StopReason::stopped);
    EXPECT_EQ(stats->n_generated, 0);
    EXPECT_EQ(session.n_past(), 8) << "one step, which stays in the cache";
    EXPECT_FALSE(stats->prefill_tps);
}

TEST_P(SessionTest, AStopInTheMiddleOfAStepLeavesAWholeCache)
{
    const std::vector<int32_t> long_prompt = prompt(60);
    RecordingSink fresh;
    Session other = make({.prefill_chunk = 64});
    ASSERT_TRUE(other.generate(greedy(long_prompt, 4), fresh));
    for (const int delay_us : {0, 100, 300, 1000, 3000, 10'000}) {
        Session session = make({.prefill_chunk = 64});
        std::stop_source stop;
        RecordingSink sink;
        std::jthread stopper([&] {
            std::this_thread::sleep_for(std::chrono::microseconds(delay_us));
            stop.request_stop();
        });
        const auto stats = session.generate(greedy(long_prompt, -1), sink, stop.get_token());
        ASSERT_TRUE(stats);
        if (sink.tokens.empty()) {
            EXPECT_EQ(stats->stop, StopReason::stopped);
            EXPECT_TRUE(session.n_past() == 0 || session.n_past() == 60) << session.n_past();
        }
        RecordingSink again;
        ASSERT_TRUE(session.generate(greedy(long_prompt, 4), again));
        EXPECT_EQ(again.ids(), fresh.ids());
    }
}

TEST_P(SessionTest, StopsInTheAnswer)
{
    Session session = make();
    RecordingSink sink;
    std::stop_source stop;
    sink.after_token = [&] {
        if (sink.tokens.size() == 3)
            stop.request_stop();
    };
    const auto stats = session.generate(greedy(prompt(10), -1), sink, stop.get_token());
    ASSERT_TRUE(stats);
    EXPECT_EQ(stats->stop, StopReason::stopped);
    EXPECT_EQ(stats->n_generated, 3);
    EXPECT_EQ(session.n_past(), 12);
}

TEST_P(SessionTest, EndsWhenTheContextIsFull)
{
    Session session = make({.n_ctx = 16});
    RecordingSink sink;
    const auto stats = session.generate(greedy(prompt(10), -1), sink);
    ASSERT_TRUE(stats);
    EXPECT_EQ(stats->stop, StopReason::context_full);
    EXPECT_EQ(stats->n_generated, 6);
    EXPECT_EQ(sink.tokens.back().position, 15);
}

TEST_P(SessionTest, RefusesWhatCannotBe)
{
    Session session = make({.n_ctx = 16});
    RecordingSink sink;
    EXPECT_EQ(session.generate(greedy(prompt(16), 1), sink).error().code, ErrorCode::context_full);
    EXPECT_EQ(session.generate(greedy({}, 1), sink).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(session.generate(greedy({1, 48}, 1), sink).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(session.generate(greedy({1, -1}, 1), sink).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(session.generate({.prompt_ids = {1}, .sampler = {.temperature = -1}}, sink).error().code,
              ErrorCode::invalid_argument);
    RecordingScore scores;
    EXPECT_EQ(session.score(prompt(17), scores).error().code, ErrorCode::context_full);
    EXPECT_TRUE(sink.tokens.empty());
    EXPECT_TRUE(scores.logits.empty());
    EXPECT_EQ(Session::create(model, {.n_ctx = 257}).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(Session::create(model, {.n_ctx = -1}).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(Session::create(model, {.prefill_chunk = 0}).error().code, ErrorCode::invalid_argument);
}

TEST_P(SessionTest, NoTokensAskedForFillsTheCache)
{
    Session session = make();
    RecordingSink sink;
    const auto stats = session.generate(greedy(prompt(10), 0), sink);
    ASSERT_TRUE(stats);
    EXPECT_EQ(stats->n_generated, 0);
    EXPECT_EQ(session.n_past(), 10);
    session.clear();
    EXPECT_EQ(session.n_past(), 0);
}

TEST_P(SessionTest, ScoreGivesTheLogitsThatGenerateSawAndStops)
{
    Session session = make();
    RecordingSink sink;
    ASSERT_TRUE(session.generate(greedy(prompt(12), 1), sink));
    RecordingScore scores;
    ASSERT_TRUE(session.score(prompt(12), scores));
    ASSERT_EQ(scores.logits.size(), 12u * 48u);
    EXPECT_EQ(scores.positions.back(), 11);
    const auto last = scores.logits.end() - 48;
    EXPECT_EQ(std::max_element(last, scores.logits.end()) - last, sink.tokens[0].id);

    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(session.score(prompt(12), scores, stop.get_token()).error().code, ErrorCode::cancelled);
}

#ifndef _WIN32 // there the system refuses to shrink a mapped file
TEST_P(SessionTest, FileThatShrinksWhileMappedIsAnError)
{
    const auto path = test::TinyModel().write("shrinking.gguf");
    Session session = *Session::create(test::open_model(engine, path));
    RecordingSink sink;
    sink.after_token = [&] {
        if (sink.tokens.size() == 2)
            std::filesystem::resize_file(path, 4096);
    };
    const auto stats = session.generate(greedy(prompt(10), 20), sink);
    ASSERT_FALSE(stats);
    EXPECT_EQ(stats.error().code, ErrorCode::io);
    EXPECT_EQ(sink.tokens.size(), 2u);
    EXPECT_EQ(session.n_past(), 11) << "the row computed from lost pages is not kept";
    EXPECT_FALSE(session.generate(greedy(prompt(10), 20), sink));
}
#endif

} // namespace
} // namespace conclave
