// Bytes as GBNF or as a JSON schema, followed over a text. First byte: which.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "conclave/grammar.hpp"
#include "fuzz_target.hpp"
#include "text/grammar/grammar_constraint.hpp"
#include "text/tokenizer.hpp"

namespace
{

using namespace conclave;

const Tokenizer& tokenizer()
{
    static const auto made = [] {
        VocabularyData vocabulary;
        vocabulary.pre_tokenizer = "gpt-2";
        for (char c = '!'; c < '~'; ++c) {
            vocabulary.tokens.push_back({c});
            vocabulary.tokens.push_back({c, 'a'});
            vocabulary.tokens.push_back({'"', c, c});
        }
        return *Tokenizer::create(std::move(vocabulary));
    }();
    return *made;
}

/// Always takes the last token that may come: whatever it is, the grammar must still hold.
void follow(const std::string& gbnf)
{
    static const TokenTrie trie(tokenizer());
    const auto made = GrammarConstraint::create(gbnf, trie, tokenizer());
    if (!made) {
        return;
    }
    GrammarConstraint& constraint = **made;
    for (int i = 0; i < 40 && !constraint.is_complete(); ++i) {
        const auto allowed = constraint.allowed();
        if (!allowed) {
            return;
        }
        int32_t id = tokenizer().n_vocab() - 1;
        while (id >= 0 && !GrammarConstraint::contains(*allowed, id)) {
            --id;
        }
        if (id < 0) {
            return; // the text may only end here
        }
        constraint.advance(id);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (data[0] % 2 == 0) {
        follow(std::string(rest));
    } else if (const auto gbnf = grammar_from_json_schema(rest)) {
        const auto checked = check_grammar(*gbnf);
        if (!checked && checked.error().code == ErrorCode::format) {
            std::fprintf(stderr, "fuzz_grammar: a schema became no GBNF: %s\n", checked.error().message.c_str());
            std::abort();
        }
        follow(*gbnf);
    }
    return 0;
}

std::vector<std::vector<uint8_t>> conclave::default_corpus()
{
    using namespace std::string_view_literals;
    const std::string_view inputs[] = {
        "\0root ::= (expr \"=\" ws term \"\\n\")+ # sums\nexpr ::= term ([-+*/] term)*\nterm ::= [a-z] [a-z0-9_]* ws "
        "|\n"
        " num | \"(\" ws expr \")\" ws\nnum ::= [0-9]{1,9} ws\nws ::= [ \\t\\n]*\n"sv,
        "\0root ::= item{2,5} | .? [^\\x00-\\x1F\"é] | \"\\u00e9\\U0001F600\" root |\nitem ::= (\"a\"* \"b\"+)? item2\nitem2 ::= \"\" | \"z\""sv,
        "\0root ::= r0\nr0 ::= r1 \"x\" | r1 \"y\"\nr1 ::= r2 \"x\" | r2 \"y\"\nr2 ::= r3 | r3 \"y\"\nr3 ::= \"z\"{3}"sv,
        "\1{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[\"integer\",\"null\"]},\"b\":{\"$ref\":\"#/$defs/x\"},"
        "\"c\":{\"enum\":[1,\"two\",null]}},\"required\":[\"b\"],\"$defs\":{\"x\":{\"type\":\"array\",\"items\":{\"$"
        "ref\":\"#\"},"
        "\"minItems\":1,\"maxItems\":3}}}"sv,
        "\1{\"anyOf\":[{\"type\":\"string\",\"minLength\":2,\"maxLength\":9},{\"type\":\"string\",\"format\":\"date-"
        "time\"},"
        "{\"prefixItems\":[{},{\"const\":{\"k\":\"\\u00e9\"}}],\"items\":false},{\"additionalProperties\":{\"type\":\"number\"}}]}"sv,
        "\1{\"items\":{\"type\":\"integer\",\"minimum\":-12,\"exclusiveMaximum\":9999999999999999},\"type\":\"array\"}"sv,
        "\1{\"anyOf\":[{\"type\":\"integer\",\"exclusiveMinimum\":-105.5,\"maximum\":2e3},"
        "{\"pattern\":\"^([a-f0-9]{2}:){1,5}(?:\\\\d|[^\\\\w\\\"-])+?$|x.*\\\\u00e9\"}]}"sv,
        "\1{\"pattern\":\"^(?<year>\\\\d{4})-(0[1-9]|1[0-2])$\"}"sv,
    };
    std::vector<std::vector<uint8_t>> corpus;
    for (const std::string_view input : inputs) {
        corpus.emplace_back(input.begin(), input.end());
    }
    return corpus;
}
