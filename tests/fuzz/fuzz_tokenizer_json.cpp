// Bytes as a tokenizer.json: what is read must encode a text, and an error be a sentence.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "formats/json_file.hpp"
#include "fuzz_target.hpp"
#include "text/tokenizer_json.hpp"

namespace
{

using namespace conclave;

constexpr std::string_view text = "He<s> said: 12345 a\u0301 日本\n\n  e\xFFnd </s> ";

/// Empty when all is well, or what went wrong.
std::string fault(std::string_view source)
{
    const auto json = parse_json(source, "tokenizer.json");
    if (!json) {
        return json.error().message;
    }
    auto vocabulary = read_tokenizer_json(*json);
    if (!vocabulary) {
        return vocabulary.error().message;
    }
    const auto made = Tokenizer::create(*std::move(vocabulary));
    if (!made) {
        return made.error().message;
    }
    for (const bool special : {false, true}) {
        for (const int32_t id : (*made)->encode(text, {.add_bos = true, .parse_special = special})) {
            if (id >= (*made)->n_vocab()) {
                return "an id beyond the vocabulary";
            }
        }
    }
    return {};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string message = fault({reinterpret_cast<const char*>(data), size});
    if (!message.empty() && !message.ends_with('.')) {
        std::fprintf(stderr, "fuzz_tokenizer_json: %s\n", message.c_str());
        std::abort();
    }
    return 0;
}

std::vector<std::vector<uint8_t>> conclave::default_corpus()
{
    const std::string_view inputs[] = {
        R"({"added_tokens":[{"id":8,"content":"<s>","special":true,"lstrip":true},{"id":9,"content":"</s>","rstrip":true}],)"
        R"("normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"}]},"pre_tokenizer":{"type":"Sequence","pretokenizers":[)"
        R"({"type":"Split","pattern":{"Regex":"\\p{N}{1,3}|[^\\s\\p{L}]?\\p{L}+|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false},)"
        R"({"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]},)"
        R"("post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}}]},)"
        R"("model":{"type":"BPE","ignore_merges":true,"vocab":{"a":0,"b":1,"e":2,"n":3,"d":4,"en":5,"end":6,"Ġ":7},)"
        R"("merges":["e n",["en","d"]]}})",
        R"({"added_tokens":[{"id":1,"content":"<s>","special":true}],"normalizer":{"type":"Sequence","normalizers":[)"
        R"({"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},"pre_tokenizer":null,)"
        R"("model":{"type":"BPE","byte_fallback":true,"unk_token":"<unk>","fuse_unk":true,)"
        R"("vocab":{"<unk>":0,"<0x0A>":2,"▁":3,"e":4,"n":5,"▁e":6},"merges":["▁ e"]}})",
        R"({"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true},)"
        R"("model":{"type":"BPE","unk_token":"?","vocab":{"?":0,"▁":1,"a":2,"▁a":3},"merges":[["▁","a"]]}})",
    };
    std::vector<std::vector<uint8_t>> corpus;
    for (const std::string_view input : inputs) {
        corpus.emplace_back(input.begin(), input.end());
    }
    return corpus;
}
