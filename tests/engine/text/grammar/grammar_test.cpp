// What grammars refuse before anything is followed.
#include "text/grammar/grammar.hpp"

#include <gtest/gtest.h>

#include "conclave/grammar.hpp"

namespace conclave
{
namespace
{

TEST(Grammar, RefusesLeftRecursion)
{
    for (const char* text : {"root ::= root \"a\" | \"a\"", "root ::= a\na ::= b\nb ::= a \"x\"",
                             "root ::= empty root \"a\" | \"a\"\nempty ::= \"\"",
                             "root ::= (\"x\"? | empty*) root | \"a\"\nempty ::= none*\nnone ::= [ ]*",
                             "root ::= later root\nlater ::= last\nlast ::= \"\" | \"z\""}) {
        const auto grammar = Grammar::parse(text);
        ASSERT_FALSE(grammar) << text;
        EXPECT_EQ(grammar.error().code, ErrorCode::unsupported);
        EXPECT_NE(grammar.error().message.find("calls itself before it reads anything"), std::string::npos) << text;
    }
    EXPECT_TRUE(Grammar::parse("root ::= \"a\" root | \"\""));
    EXPECT_TRUE(Grammar::parse("root ::= \"(\" root \")\" root |"));
}

TEST(Grammar, RefusesHugeCounts)
{
    for (const char* text : {"root ::= \"a\"{2000000000}", "root ::= (((\"\"{99999}){99999}){99999}){99999}",
                             "root ::= ((([a-z]{1,999}){1,999}){1,999})", "root ::= \"\"{0,2147483647}",
                             "root ::= a{9999}{9999}\na ::= \"\""}) {
        const auto grammar = Grammar::parse(text);
        ASSERT_FALSE(grammar) << text;
        EXPECT_EQ(grammar.error().code, ErrorCode::unsupported);
        EXPECT_NE(grammar.error().message.find("rule 'root' comes to more than 300000 steps"), std::string::npos);
    }
    EXPECT_TRUE(Grammar::parse("root ::= [^\"]{0,5000}"));
}

TEST(Grammar, CheckSaysTheSame)
{
    EXPECT_TRUE(check_grammar("root ::= \"a\""));
    EXPECT_EQ(check_grammar("root ::= root").error().code, ErrorCode::unsupported);
    EXPECT_EQ(check_grammar("root").error().code, ErrorCode::format);
}

} // namespace
} // namespace conclave
