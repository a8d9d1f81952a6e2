// Stop strings in a session: over the borders of tokens and of characters, and never at the cost of text.
#include <gtest/gtest.h>

#include "conclave/session.hpp"
#include "generate/recording_sink.hpp"
#include "model/opened.hpp"

namespace conclave
{
namespace
{

class SessionStop : public testing::Test
{
protected:
    struct Answer {
        std::string text;
        Stats stats;
    };
    /// The text model answers with bytes, broken characters among them; the same ones for the same seed.
    Answer answer(std::vector<std::string> stop, int n = 60)
    {
        GenerateRequest request{.prompt_ids = {260, 259}, .max_tokens = n, .ignore_end = true};
        request.sampler = {.temperature = 1, .top_p = 1, .seed = 5};
        request.stop = std::move(stop);
        test::RecordingSink sink;
        const auto stats = session.generate(request, sink);
        EXPECT_TRUE(stats);
        Answer out{{}, *stats};
        for (const auto& token : sink.tokens)
            out.text += token.text;
        return out;
    }

    Engine engine = test::make_engine();
    Session session = *Session::create(test::open_model(engine, test::golden("text.gguf")));
};

TEST_F(SessionStop, EndsBeforeTheFirstStopString)
{
    const std::string text = answer({}).text;
    ASSERT_GT(text.size(), 60u);
    int n_checked = 0;
    for (size_t at = 0; at + 4 <= text.size(); ++at) {
        const auto begins = [&](size_t i) { return i == text.size() || (text[i] & 0xC0) != 0x80; };
        for (size_t length = 1; length <= 12 && at + length <= text.size(); ++length) {
            if (!begins(at) || !begins(at + length))
                continue;
            const std::string stop = text.substr(at, length);
            const Answer stopped = answer({"no such text", stop});
            EXPECT_EQ(stopped.text, text.substr(0, text.find(stop)));
            EXPECT_EQ(stopped.stats.stop, StopReason::stop_string);
            ++n_checked;
        }
    }
    EXPECT_GT(n_checked, 100);
}

TEST_F(SessionStop, LosesNothingThatOnlyBeganLikeOne)
{
    const std::string text = answer({}).text;
    for (size_t at = 0; at < text.size(); ++at)
        if ((text[at] & 0xC0) != 0x80) {
            const Answer whole = answer({text.substr(at) + "and more"});
            EXPECT_EQ(whole.text, text);
            EXPECT_EQ(whole.stats.stop, StopReason::max_tokens);
        }
}

TEST_F(SessionStop, AStopRequestBringsWhatIsHeldBack)
{
    GenerateRequest request{.prompt_ids = {260, 259}, .max_tokens = 60, .ignore_end = true};
    request.sampler = {.temperature = 1, .top_p = 1, .seed = 5};
    const std::string text = answer({}).text;
    request.stop = {text + "and more"};
    test::RecordingSink sink;
    std::stop_source stop;
    sink.after_token = [&] {
        if (sink.tokens.size() == 10)
            stop.request_stop();
    };
    const auto stats = session.generate(request, sink, stop.get_token());
    ASSERT_TRUE(stats);
    EXPECT_EQ(stats->stop, StopReason::stopped);
    ASSERT_EQ(sink.tokens.size(), 11u);
    EXPECT_EQ(sink.tokens[9].text, "");
    EXPECT_FALSE(sink.tokens[10].text.empty());
    EXPECT_TRUE(text.starts_with(sink.tokens[10].text));
}

TEST_F(SessionStop, RefusesWhatCannotBe)
{
    test::RecordingSink sink;
    GenerateRequest request{.prompt_ids = {260}};
    request.stop = {""};
    EXPECT_EQ(session.generate(request, sink).error().code, ErrorCode::invalid_argument);
    request.stop = {"\xC3"};
    EXPECT_EQ(session.generate(request, sink).error().code, ErrorCode::invalid_argument);
    request.stop = {"end"};
    Session silent = *Session::create(test::open_model(engine, test::golden("dsv3.gguf")));
    request.prompt_ids = {1};
    EXPECT_EQ(silent.generate(request, sink).error().code, ErrorCode::invalid_argument);
}

} // namespace
} // namespace conclave
