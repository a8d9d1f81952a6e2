#include "text/grammar/left_recursion.hpp"

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

int rule_of(const std::string& text)
{
    const auto gbnf = Gbnf::parse(text);
    EXPECT_TRUE(gbnf);
    return left_recursive_rule(*make_nodes(*gbnf));
}

TEST(LeftRecursion, FindsTheRule)
{
    EXPECT_EQ(rule_of("root ::= \"a\" b\nb ::= \"b\" | root"), -1);
    EXPECT_EQ(rule_of("root ::= \"a\" b\nb ::= b \"b\" | root"), 1);
}

TEST(LeftRecursion, TakesLinearTime)
{
    // Each rule may be empty only because the next may be: the last one to be read decides over all.
    std::string text = "root ::= r0\n";
    constexpr int n = 20000;
    for (int i = 0; i < n; ++i)
        text += "r" + std::to_string(i) + " ::= r" + std::to_string(i + 1) + " r" + std::to_string(i + 1) + "\n";
    EXPECT_EQ(rule_of(text + "r20000 ::= \"\""), -1);
    EXPECT_GE(rule_of(text + "r20000 ::= \"\" root"), 0);
}

} // namespace
} // namespace conclave
