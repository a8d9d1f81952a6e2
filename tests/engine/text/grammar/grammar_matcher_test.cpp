#include "text/grammar/grammar_matcher.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

using Texts = std::vector<std::string>;

void expect(const std::string& gbnf, const Texts& accepted, const Texts& rejected)
{
    const auto grammar = Grammar::parse(gbnf);
    ASSERT_TRUE(grammar) << gbnf << "\n" << grammar.error().message;
    GrammarMatcher matcher(*grammar);
    for (const std::string& text : accepted)
        EXPECT_TRUE(matcher.accepts(matcher.step(matcher.begin(), text))) << gbnf << "\naccepts " << text;
    for (const std::string& text : rejected)
        EXPECT_FALSE(matcher.accepts(matcher.step(matcher.begin(), text))) << gbnf << "\nrejects " << text;
    EXPECT_FALSE(matcher.gave_up());
}

TEST(GrammarMatcher, Literals)
{
    expect(R"(root ::= "a" "b\n\"\\\x41\u00e9\U0001F600")", {"ab\n\"\\A\u00e9\U0001F600"}, {"", "a", "ab"});
    expect(R"(root ::= "yes" | "no" | "")", {"yes", "no", ""}, {"y", "yesno", "maybe"});
}

TEST(GrammarMatcher, CharacterClasses)
{
    expect("root ::= [a-cx-]+", {"abc", "x-a"}, {"", "d", "abd"});
    expect("root ::= [^a\\]é]", {"b", "ß", "\U0001F600", "\n"}, {"a", "]", "é", "bb", "\xC3", "\xED\xA0\x80"});
    expect("root ::= .", {"a", "é", "😀"}, {"", "ab", "\x80", "\xFF"});
    expect("root ::= [а-я]+", {"привет"}, {"hello", "При"});
}

TEST(GrammarMatcher, Repetitions)
{
    expect("root ::= \"a\"{2,4}", {"aa", "aaa", "aaaa"}, {"", "a", "aaaaa"});
    expect("root ::= \"a\"{3}", {"aaa"}, {"aa", "aaaa"});
    expect("root ::= \"a\"{2,}", {"aa", std::string(1000, 'a')}, {"a", "aab"});
    expect("root ::= (\"a\" \"b\"?)* \"c\"", {"c", "abac", "aac"}, {"abbc", "ab"});
    expect("root ::= (\"a\"*)* \"b\"", {"b", "aaab"}, {"a", "ba"});
    expect("root ::= x* \"b\"\nx ::= \"a\"?", {"b", "aaab"}, {"a", "ba"});
}

TEST(GrammarMatcher, NestingWithoutEnd)
{
    const std::string parentheses = "root ::= (\"(\" root \")\")*";
    const std::string deep = std::string(3000, '(') + std::string(3000, ')');
    expect(parentheses, {"", "()", "(()())()", deep}, {"(", ")", "(()", "())"});
    expect("root ::= \"a\" root \"b\" | \"\"", {"", "ab", "aaabbb"}, {"a", "aab", "abb"});
    expect("root ::= p\np ::= \"a\" p \"a\" | \"b\" p \"b\" | \"c\"", {"c", "abcba"}, {"abcab", "ab"});
}

TEST(GrammarMatcher, TheExampleOfLlamaCpp)
{
    expect(R"gbnf(root ::= (expr "=" ws term "\n")+
expr ::= term ([-+*/] term)*
term ::= ident | num | "(" ws expr ")" ws
ident ::= [a-z] [a-z0-9_]* ws
num ::= [0-9]+ ws
ws ::= [ \t\n]*)gbnf",
           {"(a+b)*2 = c\n", "1=2\n3=4\n", "a1 *( b ) = 7\n"}, {"1+=2\n", "1=2", "(a=1\n"});
}

TEST(GrammarMatcher, StatesOfAListStayFew)
{
    const auto grammar = Grammar::parse("root ::= item rest\nrest ::= \",\" item rest | \"\"\nitem ::= [a-z]+");
    GrammarMatcher matcher(*grammar);
    std::string text = "a";
    for (int i = 0; i < 5000; ++i)
        text += ",bc";
    EXPECT_TRUE(matcher.accepts(matcher.step(matcher.begin(), text)));
    EXPECT_LT(matcher.n_states(), 8u) << "a call at the end of a rule returns to its caller's caller";
}

TEST(GrammarMatcher, TidyKeepsWhatTheStateMeans)
{
    const auto grammar = Grammar::parse("root ::= \"(\" root \")\" | [a-z]{0,100} \"!\"");
    GrammarMatcher matcher(*grammar);
    GrammarMatcher::State state = matcher.begin();
    int n_open = 0;
    for (; matcher.generation() < 2; ++n_open)
        state = matcher.tidy(matcher.step(state, '('));
    EXPECT_GT(n_open, 1000);
    state = matcher.step(state, "abc!");
    for (int i = 0; i < n_open; ++i) {
        EXPECT_FALSE(matcher.accepts(state));
        state = matcher.step(state, ')');
    }
    EXPECT_TRUE(matcher.accepts(state));
    EXPECT_FALSE(matcher.goes_on(state));
    EXPECT_FALSE(matcher.gave_up());
}

TEST(GrammarMatcher, GivesUpWhereReadingsExplode)
{
    // Twice as many readings with each rule.
    std::string text = "root ::= r0\n";
    for (int i = 0; i < 30; ++i) {
        const std::string next = "r" + std::to_string(i + 1);
        text += "r" + std::to_string(i) + " ::= " + next + " \"x\" | " + next + " \"y\"\n";
    }
    const auto grammar = Grammar::parse(text + "r30 ::= \"z\"");
    ASSERT_TRUE(grammar);
    GrammarMatcher matcher(*grammar);
    EXPECT_TRUE(matcher.gave_up());
    EXPECT_EQ(matcher.step(matcher.begin(), "z"), GrammarMatcher::dead);
}

} // namespace
} // namespace conclave
