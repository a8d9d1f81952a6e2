#include <format>
#include <fstream>

#include <gtest/gtest.h>

#include "model/opened.hpp"
#include "model/tiny_model.hpp"

namespace conclave
{
namespace
{

/// The golden folder with a vocabulary, copied so that a test can bend it.
class HfText : public testing::Test
{
protected:
    HfText() : m_folder(test::scratch_folder() / "hf-text")
    {
        std::filesystem::remove_all(m_folder);
        std::filesystem::copy(test::golden("hf") / "text", m_folder);
    }
    void write(const std::string& name, const std::string& text) { std::ofstream(m_folder / name) << text; }
    std::shared_ptr<const Model> open() const { return test::open_model(m_engine, m_folder); }

    Engine m_engine = test::make_engine();
    std::filesystem::path m_folder;
};

const ChatMessage chat[] = {{Role::system, "Be brief."}, {Role::user, "hello 12345 <|end|> 日本"}};

TEST_F(HfText, SpeaksLikeTheSameModelAsGguf)
{
    const auto folder = open(), file = test::open_model(m_engine, test::golden("text.gguf"));
    EXPECT_TRUE(folder->info().has_tokenizer);
    EXPECT_TRUE(folder->info().has_chat_template);
    EXPECT_TRUE(folder->info().adds_bos);
    for (const bool special : {false, true}) {
        const TokenizeOptions options{.add_bos = true, .parse_special = special};
        EXPECT_EQ(*folder->tokenize(chat[1].content, options), *file->tokenize(chat[1].content, options));
    }
    const auto a = folder->render(chat), b = file->render(chat);
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->text, b->text);
    EXPECT_EQ(a->ids, b->ids);
}

TEST_F(HfText, ATokenizerModelAloneWillDo)
{
    std::string bytes;
    const auto add = [&](const std::string& text, char type) {
        const std::string piece = std::string("\x0A") + static_cast<char>(text.size()) + text + "\x18" + type;
        bytes.append("\x0A").append(1, static_cast<char>(piece.size())).append(piece);
    };
    add("<unk>", 2);
    add("<s>", 3);
    add("</s>", 3);
    for (int byte = 0; byte < 256; ++byte) {
        add(std::format("<0x{:02X}>", byte), 6);
    }
    add("\xE2\x96\x81", 1);                                                      // a blank
    bytes.append("\x12\x02\x18\x02").append("\x1A\x03\x20\x80").push_back('\0'); // BPE; blanks are kept
    std::filesystem::remove(m_folder / "tokenizer.json");
    EXPECT_FALSE(open()->info().has_tokenizer);
    write("tokenizer.model", bytes);
    write("tokenizer_config.json", R"({"added_tokens_decoder": {"263": {"content": "[X]", "special": true}}})");
    const auto model = open();
    ASSERT_TRUE(model->info().has_tokenizer);
    EXPECT_EQ(*model->tokenize("hi[X]", {.add_bos = true, .parse_special = true}),
              (std::vector<int32_t>{1, 259, 3 + 'h', 3 + 'i', 263}));
    write("tokenizer.model", bytes.substr(0, 100));
    EXPECT_FALSE(open()->info().has_tokenizer);
}

/// As Kimi-K2 is published: ranks, and 256 special tokens behind them, most without a name.
TEST_F(HfText, ATiktokenModelIsReadAsKimiHasIt)
{
    std::string ranks;
    const char* const tokens[] = {"aA==", "aQ==", "aGk="}; // h, i, hi
    for (int rank = 0; rank < 3; ++rank) {
        ranks += std::format("{} {}\n", tokens[rank], rank);
    }
    std::filesystem::remove(m_folder / "tokenizer.json");
    write("tiktoken.model", ranks);
    const std::string added =
        R"("added_tokens_decoder": {"5": {"content": "<|im_end|>", "special": true}, "6": {"content": "<think>"}}})";
    write("tokenizer_config.json", R"({"auto_map": {"AutoTokenizer": ["tokenization_kimi.TikTokenTokenizer", null]},
                                       "eos_token": "<|im_end|>", )" +
                                       added);
    const auto model = open();
    ASSERT_TRUE(model->info().has_tokenizer);
    EXPECT_EQ(*model->tokenize("hihi<|im_end|><think>i<|reserved_token_7|>", {.parse_special = true}),
              (std::vector<int32_t>{2, 2, 5, 6, 1, 7}));
    EXPECT_EQ(model->token_bytes(3 + 255), "<|reserved_token_258|>");
    EXPECT_EQ(model->token_bytes(3 + 256), "");
    EXPECT_TRUE(model->is_end_of_generation(5));

    write("tokenizer_config.json", R"({"auto_map": {"AutoTokenizer": "tokenization_other.Tokenizer"}, )" + added);
    const auto refused = open()->tokenize("hi");
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("names \"tokenization_other.Tokenizer\""), std::string::npos)
        << refused.error().message;
}

TEST_F(HfText, EndsWhereTheGenerationConfigSays)
{
    const auto listed = open(); // [261, 262]
    EXPECT_TRUE(listed->is_end_of_generation(261));
    EXPECT_TRUE(listed->is_end_of_generation(262));
    EXPECT_FALSE(listed->is_end_of_generation(263));
    write("generation_config.json", R"({"eos_token_id": 263})");
    EXPECT_TRUE(open()->is_end_of_generation(263));
    EXPECT_FALSE(open()->is_end_of_generation(262));
    write("generation_config.json", R"({"eos_token_id": [-1, 1e30, "x", 99999999]})");
    EXPECT_FALSE(open()->is_end_of_generation(262));
}

TEST_F(HfText, TemplatesComeFromAnyOfTheirPlaces)
{
    const auto rendered = [this] {
        const auto prompt = open()->render(chat);
        return prompt ? prompt->text : prompt.error().message;
    };
    write("tokenizer_config.json",
          R"({"bos_token": "<|begin|>", "chat_template": [{"name": "tools", "template": "T"},
              {"name": "default", "template": "{{ bos_token }}D"}]})");
    EXPECT_EQ(rendered(), "<|begin|>D");
    write("chat_template.json", R"({"chat_template": "J"})");
    EXPECT_EQ(rendered(), "J");
    write("chat_template.jinja", "{{ messages[1].content }}");
    EXPECT_EQ(rendered(), chat[1].content);
    std::filesystem::remove(m_folder / "chat_template.jinja");
    std::filesystem::remove(m_folder / "chat_template.json");
    write("tokenizer_config.json", "{}");
    EXPECT_NE(rendered().find("no chat template"), std::string::npos);
}

TEST_F(HfText, LlamasClassDecidesOnBosItself)
{
    EXPECT_TRUE(open()->info().adds_bos) << "the post-processor puts one in front";
    write("tokenizer_config.json", R"({"tokenizer_class": "LlamaTokenizerFast", "add_bos_token": false})");
    EXPECT_FALSE(open()->info().adds_bos);
    write("tokenizer_config.json", R"({"tokenizer_class": "LlamaTokenizerFast"})");
    EXPECT_TRUE(open()->info().adds_bos);
}

TEST_F(HfText, WithoutAVocabularyTheModelStillOpens)
{
    write("tokenizer.json", R"({"model": {"type": "Unigram"}})");
    auto ids = open()->tokenize("hello");
    ASSERT_FALSE(ids);
    EXPECT_NE(ids.error().message.find("hf-text: tokenizer.json has a model of the kind \"Unigram\""),
              std::string::npos)
        << ids.error().message;
    write("tokenizer.json", "{");
    EXPECT_NE(open()->tokenize("hello").error().message.find("tokenizer.json is no valid JSON at byte"),
              std::string::npos);
    std::filesystem::remove(m_folder / "tokenizer.json");
    EXPECT_NE(open()->tokenize("hello").error().message.find("no vocabulary (tokenizer.json)"), std::string::npos);
}

TEST_F(HfText, MoreTokensThanRowsIsAContradiction)
{
    std::ifstream in(m_folder / "tokenizer.json");
    std::string text{std::istreambuf_iterator<char>(in), {}};
    text.replace(text.find("\"id\":265"), 8, "\"id\":272");
    write("tokenizer.json", text);
    const auto model = Model::open(m_engine, m_folder);
    ASSERT_FALSE(model);
    EXPECT_NE(model.error().message.find("273 tokens for an embedding of 272 rows"), std::string::npos)
        << model.error().message;
}

} // namespace
} // namespace conclave
