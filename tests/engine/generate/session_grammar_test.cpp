// Answers held to a grammar, by the model that comes with the program.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "conclave/grammar.hpp"
#include "conclave/session.hpp"
#include "generate/recording_sink.hpp"
#include "model/opened.hpp"

namespace conclave
{
namespace
{

using Json = nlohmann::json;

class SessionGrammar : public testing::Test
{
protected:
    struct Answer {
        std::string text;
        StopReason stop;
    };
    Answer answer(const std::string& grammar, uint64_t seed, SamplerOptions sampler = {.temperature = 1.5f})
    {
        const ChatMessage question{Role::user, "Describe yourself."};
        sampler.seed = seed;
        test::RecordingSink sink;
        const auto stats = session.generate({.prompt_ids = model->render({&question, 1})->ids,
                                             .sampler = sampler,
                                             .max_tokens = 400,
                                             .grammar = grammar},
                                            sink);
        EXPECT_TRUE(stats) << stats.error().message;
        Answer out{{}, stats ? stats->stop : StopReason::stopped};
        for (const auto& token : sink.tokens)
            out.text += token.text;
        return out;
    }

    Engine engine = test::make_engine("auto", 1);
    std::shared_ptr<const Model> model = test::open_model(engine, test::built_in_model());
    Session session = *Session::create(model, {.n_ctx = 1024});
};

TEST_F(SessionGrammar, EveryAnswerFitsItsSchema)
{
    const std::string grammar = *grammar_from_json_schema(R"({"type": "object", "properties": {
        "name": {"type": "string", "minLength": 2, "maxLength": 12}, "age": {"type": "integer"},
        "mood": {"enum": ["good", "bad"]},
        "tags": {"type": "array", "items": {"type": "boolean"}, "minItems": 1, "maxItems": 3}},
        "required": ["name", "tags"]})");
    int n_with_age = 0;
    for (uint64_t seed = 0; seed < 40; ++seed) {
        const Answer found = answer(grammar, seed);
        ASSERT_EQ(found.stop, StopReason::end_of_text) << found.text;
        const Json json = Json::parse(found.text, nullptr, false);
        ASSERT_TRUE(json.is_object()) << found.text;
        ASSERT_TRUE(json.contains("name") && json["name"].is_string()) << found.text;
        EXPECT_TRUE(!json.contains("age") || json["age"].is_number_integer());
        EXPECT_TRUE(!json.contains("mood") || json["mood"] == "good" || json["mood"] == "bad");
        ASSERT_TRUE(json.contains("tags") && json["tags"].is_array());
        EXPECT_TRUE(json["tags"].size() >= 1 && json["tags"].size() <= 3);
        for (const Json& tag : json["tags"])
            EXPECT_TRUE(tag.is_boolean());
        n_with_age += json.contains("age");
    }
    EXPECT_GT(n_with_age, 0);
}

TEST_F(SessionGrammar, EveryAnswerOfAnyJsonParses)
{
    const std::string grammar = *grammar_from_json_schema("{}");
    for (uint64_t seed = 0; seed < 40; ++seed) {
        const Answer found = answer(grammar, seed);
        if (found.stop == StopReason::end_of_text) { // else cut at 400 tokens
            EXPECT_FALSE(Json::parse(found.text, nullptr, false).is_discarded()) << found.text;
        }
    }
}

TEST_F(SessionGrammar, HoldsWhateverTheSamplersRemove)
{
    const SamplerOptions narrow{.temperature = 0.7f, .top_k = 1, .xtc_probability = 1, .dry_multiplier = 5};
    for (const auto& sampler : {narrow, SamplerOptions{.temperature = 0}, SamplerOptions{.mirostat = 2}})
        EXPECT_EQ(answer("root ::= \"maybe\"", 1, sampler).text, "maybe");
}

TEST_F(SessionGrammar, MeetsStopStrings)
{
    test::RecordingSink sink;
    GenerateRequest request{.prompt_ids = {1}, .max_tokens = 50, .grammar = "root ::= \"abcdef\""};
    request.stop = {"de"};
    const auto stats = session.generate(request, sink);
    ASSERT_TRUE(stats);
    std::string text;
    for (const auto& token : sink.tokens)
        text += token.text;
    EXPECT_EQ(text, "abc");
    EXPECT_EQ(stats->stop, StopReason::stop_string);
}

TEST_F(SessionGrammar, SaysWhatIsWrong)
{
    test::RecordingSink sink;
    GenerateRequest request{.prompt_ids = {1}, .max_tokens = 50, .grammar = "root ::= root \"a\""};
    EXPECT_EQ(session.generate(request, sink).error().code, ErrorCode::unsupported);
    request.grammar = "root ::= \"a\"";
    for (int32_t id = 0; id < model->info().n_vocab; ++id)
        if (model->token_bytes(id) == "a")
            request.sampler.logit_bias.push_back({id, -std::numeric_limits<float>::infinity()});
    ASSERT_FALSE(request.sampler.logit_bias.empty());
    EXPECT_NE(session.generate(request, sink).error().message.find("banned"), std::string::npos);
    EXPECT_TRUE(sink.tokens.empty());
    request.grammar.clear();
    EXPECT_TRUE(session.generate(request, sink)) << "the next answer is free again";
}

TEST(SessionGrammarWithoutText, NeedsAVocabulary)
{
    const Engine engine = test::make_engine();
    Session session = *Session::create(test::open_model(engine, test::golden("dsv3.gguf")));
    test::RecordingSink sink;
    EXPECT_EQ(session.generate({.prompt_ids = {1}, .grammar = "root ::= \"a\""}, sink).error().code,
              ErrorCode::invalid_argument);
}

} // namespace
} // namespace conclave
