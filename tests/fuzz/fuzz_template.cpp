// Bytes as a chat template: what is read must render a chat or refuse it by a sentence, with and without tools.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz_target.hpp"
#include "text/byte_alphabet.hpp"
#include "text/chat_template.hpp"
#include "text/tokenizer.hpp"

namespace
{

using namespace conclave;

const Tokenizer& tokenizer()
{
    static const auto made = [] {
        VocabularyData vocabulary;
        vocabulary.pre_tokenizer = "deepseek-v3";
        for (int byte = 0; byte < 256; ++byte) {
            vocabulary.tokens.push_back(spelling_of_byte(static_cast<uint8_t>(byte)));
        }
        vocabulary.types.assign(256, TokenType::normal);
        for (const char* text : {"<｜User｜>", "<｜Assistant｜>", "<think>", "</think>"}) {
            vocabulary.tokens.push_back(text);
            vocabulary.types.push_back(TokenType::control);
        }
        return *Tokenizer::create(std::move(vocabulary));
    }();
    return *made;
}

void check(const Error& error)
{
    if (error.message.empty() || error.message.size() > 20'000) {
        std::fprintf(stderr, "fuzz_template: an error that is no sentence: %s\n", error.message.c_str());
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    static const std::vector<ChatMessage> plain = {{Role::system, "s"},
                                                   {Role::user, "<｜Assistant｜>é"},
                                                   {Role::assistant, "<think>a</think>b"},
                                                   {Role::user, "u"}};
    static const std::vector<ChatMessage> called = {
        {Role::user, "u"},
        {Role::assistant, "", {{"call00001", "f", R"({"a": [1, {"b": "<think>"}]})"}}},
        {Role::tool, "r", {}, "call00001"}};
    static const std::string tools =
        R"([{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object", )"
        R"("properties": {"a": {"type": "array"}}}}}])";
    const auto made = ChatTemplate::create(std::string(reinterpret_cast<const char*>(data), size), "<bos>", "<eos>");
    if (!made) {
        check(made.error());
        return 0;
    }
    for (const auto& result : {(*made)->render(plain, {}, tokenizer()),
                               (*made)->render(called, {.enable_thinking = false, .tools = tools}, tokenizer())}) {
        if (!result) {
            check(result.error());
        }
    }
    return 0;
}

std::vector<std::vector<uint8_t>> conclave::default_corpus()
{
    const std::string_view inputs[] = {
        "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}{{ '<｜User｜>' + m['content'] | trim }}"
        "{% else %}{{ m.content.split('</think>', 1)[-1] }}{% endif %}{% endfor %}",
        "{%- set ns = namespace(a=1) %}{% macro f(x) -%}{{ x ~ ns.a }}{%- endmacro %}{{ f(2).upper() }}{# c #}"
        "{{ range(3) | list | tojson }}",
        "{% if tools %}{% for t in tools %}\n  {{ t.function | tojson(indent=2) }}\n{% endfor %}{% endif %}{% for m in "
        "messages[1:] %}{% for c in m.tool_calls or [] %}{{ c.function.name ~ c.function.arguments | tojson }}{% "
        "endfor "
        "%}{% endfor %}",
        "{% for m in messages %}{% set i = loop.index0 * 3 % 2 %}{{ 'ab' * i }}{{ m.content[::-1] }}{{ m.content[i:9] "
        "}}"
        "{{ 7 // (i + 1) - 8 / 2 }}{% endfor %}{{ '-' * 20 }}",
        "{% for k, v in {'a': 1, 'b': [2]}.items() if k != 'a' -%}\n {{ k }}={{ v | join(', ') }}{{ loop.last }}\n{%- "
        "else %}none{% endfor %}{% filter upper %}x{% endfilter %}{{ messages | map(attribute='role') | list }}",
        "{% macro g(a, b='x') %}{{ caller() }}{{ a | default(b, true) }}{% endmacro %}{% call g(1) %}y{% endcall %}"
        "{% set z %}q{% endset %}{{ z is defined and not z is none }}{{ messages | selectattr('role', 'equalto', "
        "'user') | "
        "list | length }}{{ raise_exception('no') if messages[0].role == 'tool' else strftime_now('%Y') }}",
    };
    std::vector<std::vector<uint8_t>> corpus;
    for (const std::string_view input : inputs) {
        corpus.emplace_back(input.begin(), input.end());
    }
    return corpus;
}
