#include "text/grammar/schema_primitives.hpp"

#include <array>
#include <utility>

namespace conclave
{

namespace
{

// Blanks are few, so that a model cannot fill an answer with them.
constexpr std::array<std::pair<const char*, const char*>, 13> primitives = {{
    {"ws", R"(( " " | "\n" [ \t]{0,20} )?)"},
    {"char", R"([^"\\\x00-\x1F\x7F] | "\\" ( ["\\/bfnrt] | "u" ( [0-9A-Ca-cE-Fe-f] hex{3} | [Dd] [0-7] hex{2} ) ))"},
    {"hex", R"([0-9A-Fa-f])"},
    {"string", R"("\"" char* "\"")"},
    {"integer", R"("-"? ( "0" | [1-9] [0-9]{0,15} ))"},
    {"number", R"(integer ( "." [0-9]{1,15} )? ( [eE] [-+]? [0-9]{1,2} )?)"},
    {"boolean", R"("true" | "false")"},
    {"object", R"("{" ws ( string ws ":" ws value ( ws "," ws string ws ":" ws value )* )? ws "}")"},
    {"array", R"("[" ws ( value ( ws "," ws value )* )? ws "]")"},
    {"value", R"(object | array | string | number | boolean | "null")"},
    {"date", R"([0-9]{4} "-" ( "0" [1-9] | "1" [0-2] ) "-" ( "0" [1-9] | "1" [0-9] | "2" [0-8] ))"},
    {"time",
     R"(( [01] [0-9] | "2" [0-3] ) ":" [0-5] [0-9] ":" [0-5] [0-9] ( "." [0-9]{3} )? ( "Z" | [+-] ( [01] [0-9] | "2" [0-3] ) ":" [0-5] [0-9] ))"},
    {"uuid", R"(hex{8} "-" hex{4} "-" hex{4} "-" hex{4} "-" hex{12})"},
}};

} // namespace

std::string schema_primitives()
{
    std::string out;
    for (const auto& [name, rule] : primitives) {
        out += std::string(name) + " ::= " + rule + "\n";
    }
    return out;
}

} // namespace conclave
