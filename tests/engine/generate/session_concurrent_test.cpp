#include <atomic>
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "conclave/session.hpp"
#include "generate/recording_sink.hpp"
#include "model/opened.hpp"
#include "model/tiny_model.hpp"

namespace conclave
{
namespace
{

using test::RecordingSink;

GenerateRequest request(int32_t start)
{
    GenerateRequest out{.sampler = {.temperature = 1, .seed = 5}, .max_tokens = 20};
    for (int32_t i = 0; i < 40; ++i)
        out.prompt_ids.push_back((start + i * i) % 48);
    return out;
}

TEST(SessionConcurrent, ThreadsGetTheAnswersTheyGetAlone)
{
    Engine engine = test::make_engine("auto", 2);
    const auto model = test::open_model(engine, test::TinyModel().write("concurrent.gguf"));
    constexpr int n = 4;
    std::vector<RecordingSink> alone(n), together(n);
    for (int i = 0; i < n; ++i) {
        Session session = *Session::create(model, {.prefill_chunk = 16});
        ASSERT_TRUE(session.generate(request(i), alone[static_cast<size_t>(i)]));
    }
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < n; ++i)
            threads.emplace_back([&, i] {
                Session session = *Session::create(model, {.prefill_chunk = 16});
                EXPECT_TRUE(session.generate(request(i), together[static_cast<size_t>(i)]));
            });
        for (int i = 0; i < 20; ++i) { // what the window does meanwhile
            engine.set_n_threads(1 + i % 2);
            engine.sample_devices();
            std::this_thread::yield();
        }
    }
    for (size_t i = 0; i < n; ++i)
        EXPECT_EQ(alone[i].tokens, together[i].tokens) << i;
}

/// While one session shows a step, in the middle of its answer, another one computes steps of its own.
TEST(SessionConcurrent, TurnsAreTakenByStep)
{
    const Engine engine = test::make_engine("reference", 1);
    const auto model = test::open_model(engine, test::TinyModel().write("turns.gguf"));
    Session first = *Session::create(model), second = *Session::create(model);
    std::atomic<int> first_steps = 0, second_steps = 0;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    const auto wait_for = [&](const std::atomic<int>& steps, int n) {
        while (steps < n && std::chrono::steady_clock::now() < deadline)
            std::this_thread::yield();
        EXPECT_GE(steps, n);
    };
    RecordingSink a, b;
    a.after_step = [&] {
        if (++first_steps == 3)
            wait_for(second_steps, 5);
    };
    b.after_step = [&] {
        if (++second_steps == 1)
            wait_for(first_steps, 3);
    };
    {
        std::jthread other([&] { EXPECT_TRUE(second.generate(request(1), b)); });
        EXPECT_TRUE(first.generate(request(1), a));
    }
    EXPECT_EQ(a.tokens, b.tokens);
}

} // namespace
} // namespace conclave
