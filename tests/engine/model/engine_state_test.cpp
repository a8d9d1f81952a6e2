#include "model/engine_state.hpp"

#include <gtest/gtest.h>

#include "model/opened.hpp"

namespace conclave
{
namespace
{

TEST(EngineState, UnknownKernelsListWhatThereIs)
{
    const auto engine = Engine::create({.n_threads = 1, .kernels = "AVX9000", .log = {}});
    ASSERT_FALSE(engine);
    EXPECT_EQ(engine.error().code, ErrorCode::unsupported);
    EXPECT_NE(engine.error().message.find("reference"), std::string::npos);
}

TEST(EngineState, NamesTheKernelsThatRun)
{
    EXPECT_EQ(test::make_engine("reference").kernels(), "reference");
    const std::vector<std::string> known = supported_kernels();
    ASSERT_FALSE(known.empty());
    EXPECT_EQ(test::make_engine("auto").kernels(), known.front());
    EXPECT_EQ(test::make_engine(known.back()).kernels(), known.back());
    test::make_engine("auto"); // the choice is process-wide
}

TEST(EngineState, ThreadCountChangesWithTheNextStep)
{
    Engine engine = test::make_engine("reference", 1);
    EXPECT_EQ(engine.n_threads(), 1);
    engine.set_n_threads(2);
    EXPECT_EQ(engine.n_threads(), 2);
    StepTurn turn(*engine.state());
    EXPECT_NE(turn.backend(), nullptr);
}

TEST(EngineState, RefusesAnAbsurdThreadCount)
{
    const auto engine = Engine::create({.n_threads = 100000, .kernels = "reference", .log = {}});
    ASSERT_FALSE(engine);
    EXPECT_EQ(engine.error().code, ErrorCode::invalid_argument);
}

TEST(EngineState, SamplesThisMachine)
{
    Engine engine = test::make_engine();
    EXPECT_GT(engine.sample_devices().t_ns, 0);
}

} // namespace
} // namespace conclave
