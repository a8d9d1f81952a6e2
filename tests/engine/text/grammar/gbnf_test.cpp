#include "text/grammar/gbnf.hpp"

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

TEST(Gbnf, ReadsRulesOverLinesAndComments)
{
    const auto gbnf = Gbnf::parse("# a list\n"
                                  "root ::= item (\",\" item)* # the rest\r\n"
                                  "item ::=\n  [a-z]+ |\n  \"x\\n\\u00e9\"{2,3}\n\n");
    ASSERT_TRUE(gbnf) << gbnf.error().message;
    ASSERT_EQ(gbnf->rules.size(), 2u);
    EXPECT_EQ(gbnf->rules[gbnf->root].name, "root");
    const GbnfExpression& item = gbnf->rules[1].body;
    ASSERT_EQ(item.kind, GbnfExpression::alternatives);
    const GbnfExpression& twice = item.children[1].children[0];
    ASSERT_EQ(twice.kind, GbnfExpression::repeat);
    EXPECT_EQ(twice.min, 2);
    EXPECT_EQ(twice.max, 3);
    EXPECT_EQ(twice.children[0].text, "x\n\xC3\xA9");
}

TEST(Gbnf, SaysWhereAndWhat)
{
    const struct {
        const char *text, *message;
    } cases[] = {
        {"", "the grammar, line 1 column 1: there is no rule 'root', where an answer begins"},
        {"root ::= \"a\"\nroot ::= \"b\"", "line 2 column 1: the rule 'root' is defined twice"},
        {"root ::= a\nb ::= \"b\"", "line 1 column 10: there is no rule 'a'"},
        {"root = \"a\"", "line 1 column 6: '::=' must follow"},
        {"root ::= \"a", "line 1 column 10: this quoted text is never closed"},
        {"root ::= [a-", "line 1 column 10: this character class is never closed"},
        {"root ::= [z-a]", "line 1 column 10: a range of this character class ends before it begins"},
        {"root ::= (\"a\" | \"b\"", "line 1 column 10: this group is never closed"},
        {"root ::= \"a\")", "line 1 column 13: a rule ends with its line"},
        {"root ::= \"a\"{3,2}", "line 1 column 13: a repetition is written"},
        {"root ::= \"a\"{99999999999}", "line 1 column 13: a repetition is written"},
        {"root ::= \"\\q\"", "line 1 column 11: unknown escape"},
        {"root ::= \"\\u12\"", "line 1 column 11: an escape needs 4 hexadecimal digits"},
        {"root ::= \"\\U00110000\"", "an escape needs 8 hexadecimal digits"},
        {"root ::= * \"a\"", "line 1 column 10: expected a quoted text"},
        {"root ::= \"\xC3\"", "the text is not UTF-8"},
        {"root ::= <think>", "token references are not supported"},
        {"::= \"a\"", "line 1 column 1: a rule begins with its name"},
    };
    for (const auto& [text, message] : cases) {
        const auto gbnf = Gbnf::parse(text);
        ASSERT_FALSE(gbnf) << text;
        EXPECT_NE(gbnf.error().message.find(message), std::string::npos) << text << "\n" << gbnf.error().message;
    }
}

TEST(Gbnf, RefusesDeepNesting)
{
    const std::string deep(100000, '(');
    EXPECT_EQ(Gbnf::parse("root ::= " + deep).error().code, ErrorCode::unsupported);
    EXPECT_EQ(Gbnf::parse("root ::= \"a\"" + std::string(100000, '*')).error().code, ErrorCode::unsupported);
    EXPECT_TRUE(Gbnf::parse("root ::= " + std::string(100, '(') + "\"a\"" + std::string(100, ')')));
}

} // namespace
} // namespace conclave
