// Bytes as text, as a vocabulary's merges and, behind 0xFF, as a tokenizer.model. First byte: which.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "conclave/utf8_stream.hpp"
#include "fuzz_target.hpp"
#include "text/byte_alphabet.hpp"
#include "text/sentence_piece_model.hpp"
#include "text/tokenizer.hpp"
#include "text/utf8.hpp"

namespace
{

using namespace conclave;

constexpr std::array pre_tokenizers = {"deepseek-llm", "deepseek-coder", "deepseek-v3", "qwen2",  "llama3",
                                       "gpt-2",        "glm4",           "gpt-4o",      "kimi-k2"};

VocabularyData byte_vocabulary(const char* pre_tokenizer)
{
    VocabularyData vocabulary;
    vocabulary.pre_tokenizer = pre_tokenizer;
    for (int byte = 0; byte < 256; ++byte) {
        vocabulary.tokens.push_back(spelling_of_byte(static_cast<uint8_t>(byte)));
    }
    vocabulary.types.assign(256, TokenType::normal);
    for (const char* text : {"<｜User｜>", "<｜Assistant｜>", "<｜User", "<think>", "</think>"}) {
        vocabulary.tokens.push_back(text);
        vocabulary.types.push_back(TokenType::control);
    }
    return vocabulary;
}

const Tokenizer& tokenizer(size_t which)
{
    static const std::array all = [] {
        std::array<std::shared_ptr<const Tokenizer>, pre_tokenizers.size()> made;
        for (size_t i = 0; i < made.size(); ++i) {
            made[i] = *Tokenizer::create(byte_vocabulary(pre_tokenizers[i]));
        }
        return made;
    }();
    return *all[which % all.size()];
}

/// Text in, the same text (or its valid form) out, by whole and by byte.
void fuzz_tokenizer(const Tokenizer& with, std::string_view text)
{
    std::string storage;
    const std::string_view valid = valid_utf8(text, storage);
    for (const bool parse_special : {false, true}) {
        std::string back;
        Utf8Stream stream;
        for (const int32_t id : with.encode(text, {.add_bos = false, .parse_special = parse_special})) {
            for (const char c : with.token_bytes(id)) {
                back += stream.push({&c, 1});
            }
        }
        back += stream.finish();
        if (back != valid) {
            std::fprintf(stderr, "fuzz_text: decoding does not give the text back\n");
            std::abort();
        }
    }
}

/// Lines as merges over a byte vocabulary.
void fuzz_vocabulary(std::string_view text)
{
    VocabularyData vocabulary = byte_vocabulary("deepseek-v3");
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        std::string line(text.substr(begin, end - begin));
        if (line.size() % 3 == 0) {
            vocabulary.merges.push_back(line);
        }
        std::erase(line, ' ');
        vocabulary.tokens.push_back(line);
        vocabulary.types.push_back(static_cast<TokenType>(line.size() % 5));
        begin = end + 1;
    }
    if (const auto made = Tokenizer::create(std::move(vocabulary))) {
        (*made)->encode(text, {.add_bos = true, .parse_special = true});
    }
}

void fuzz_model(std::string_view bytes)
{
    auto read = read_sentence_piece_model(bytes);
    if (!read) {
        return;
    }
    if (const auto made = Tokenizer::create(*std::move(read))) {
        (*made)->encode("He<s> said: 12345 a\u0301 日本\n\n  e\xFFnd </s> ", {.add_bos = true, .parse_special = true});
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (data[0] == 0xFF) {
        fuzz_model(rest);
    } else if (data[0] % 2 == 0) {
        fuzz_tokenizer(tokenizer(data[0] / 2), rest);
    } else {
        fuzz_vocabulary(rest);
    }
    return 0;
}

std::vector<std::vector<uint8_t>> conclave::default_corpus()
{
    using namespace std::string_view_literals;
    const std::string_view inputs[] = {
        "\x04"
        "don't 123456 a,b\r\n\n  x\t\u00a0\u180e end  ",
        "\x0E"
        "Führer 你好，世界。 1234 ½ 👩‍👩‍👧‍👦 <｜User｜><｜Assistant｜>hi<think></think>\n",
        "\x10"
        "int main(void){return 0;}\n\n    x += \xE4\xBD\xF0\x9F\xFF;  // ünïcödé",
        "\x08"
        "I'LL they're 'ſ  ٣٤٥ हिन्दी ภาษา ... !!!",
        "\x01"
        "a b\nc d\nab cd\nb c\nabcd\n<x>\n<｜User｜>\nĠ a\n",
        "\x01"
        "aa\na a\naaa\naa aa\n\n \nx y z\n",
        // Pieces <unk>, <s>, a, <0x0A>, aa; BPE; a normalizer that keeps blanks.
        "\xFF\x0A\x09\x0A\x05<unk>\x18\x02\x0A\x07\x0A\x03<s>\x18\x03\x0A\x08\x0A\x01"
        "a\x15\x01\x01\x80\xBF\x0A\x0A\x0A\x06<0x0A>\x18\x06\x0A\x04\x0A\x02"
        "aa\x12\x02\x18\x02\x1A\x03\x20\x80\x00"sv,
    };
    std::vector<std::vector<uint8_t>> corpus;
    for (const std::string_view input : inputs) {
        corpus.emplace_back(input.begin(), input.end());
    }
    return corpus;
}
