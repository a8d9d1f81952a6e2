#include "text/grammar/integer_range.hpp"

#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "text/grammar/grammar_matcher.hpp"

namespace conclave
{
namespace
{

constexpr int64_t tried = 1200;

bool accepts(GrammarMatcher& matcher, const std::string& text)
{
    return matcher.accepts(matcher.step(matcher.begin(), text));
}

Grammar grammar_of(IntegerRange range)
{
    return *Grammar::parse("root ::= " + gbnf_of_integers(range));
}

/// Every integer near 0, in the range or not.
void expect_exactly(IntegerRange range)
{
    const Grammar grammar = grammar_of(range);
    GrammarMatcher matcher(grammar);
    for (int64_t i = -tried; i <= tried; ++i)
        ASSERT_EQ(accepts(matcher, std::to_string(i)), range.first <= i && i <= range.last)
            << i << " in " << range.first << " to " << range.last << ": " << gbnf_of_integers(range);
    for (const char* text : {"", "-", "-0", "00", "07", "-01", "+1", "1.0", " 1"})
        ASSERT_FALSE(accepts(matcher, text)) << text << " in " << range.first << " to " << range.last;
}

TEST(IntegerRange, EndsWhereLengthsAndSignsChange)
{
    const int64_t ends[] = {-1001, -1000, -999, -101, -100, -99, -11, -10, -9,  -2,  -1,  0,
                            1,     2,     9,    10,   11,   19,  20,  99,  100, 101, 999, 1000};
    for (const int64_t first : ends)
        for (const int64_t last : ends)
            if (first <= last)
                expect_exactly({first, last});
}

TEST(IntegerRange, RandomRanges)
{
    std::mt19937 random(1);
    std::uniform_int_distribution<int64_t> end(-tried, tried);
    for (int i = 0; i < 500; ++i) {
        const int64_t a = end(random), b = end(random);
        expect_exactly({std::min(a, b), std::max(a, b)});
    }
}

/// Too long to try them all: those around the ends, and some between.
TEST(IntegerRange, ManyDigits)
{
    std::mt19937_64 random(2);
    const auto number = [&] {
        const auto digits = std::uniform_int_distribution<int>(1, max_grammar_digits)(random);
        int64_t value = 0;
        for (int i = 0; i < digits; ++i)
            value = value * 10 + static_cast<int64_t>(random() % 10);
        return random() % 2 == 0 ? value : -value;
    };
    for (int i = 0; i < 500; ++i) {
        const int64_t a = number(), b = number();
        const IntegerRange range{std::min(a, b), std::max(a, b)};
        const Grammar grammar = grammar_of(range);
        GrammarMatcher matcher(grammar);
        std::vector<int64_t> values = {0, number(), number(), number()};
        for (int64_t near = -2; near <= 2; ++near) {
            values.push_back(range.first + near);
            values.push_back(range.last + near);
        }
        for (const int64_t value : values)
            ASSERT_EQ(accepts(matcher, std::to_string(value)), range.first <= value && value <= range.last)
                << value << " in " << range.first << " to " << range.last;
    }
    expect_exactly({-max_grammar_integer, max_grammar_integer});
    EXPECT_LT(gbnf_of_integers({1, max_grammar_integer}).size(), 400u) << "free digits are counted, not written out";
}

} // namespace
} // namespace conclave
