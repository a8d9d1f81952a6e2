#include "text/stop_strings.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

struct Cut {
    std::string text;
    bool found;
};

/// The text before the stop string that is complete first, by looking at every beginning of the text.
Cut whole(const std::string& text, const std::vector<std::string>& strings)
{
    for (size_t end = 0; end <= text.size(); ++end) {
        size_t longest = 0;
        for (const std::string& string : strings)
            if (text.substr(0, end).ends_with(string))
                longest = std::max(longest, string.size());
        if (longest > 0)
            return {text.substr(0, end - longest), true};
    }
    return {text, false};
}

TEST(StopStrings, PiecesGiveWhatTheWholeTextGives)
{
    std::mt19937 random(1);
    const auto word = [&](size_t n) {
        std::string out(n, ' ');
        for (char& c : out)
            c = static_cast<char>('a' + random() % 2);
        return out;
    };
    for (int run = 0; run < 3000; ++run) {
        std::vector<std::string> strings;
        for (size_t i = 0; i < 1 + random() % 3; ++i)
            strings.push_back(word(1 + random() % 6));
        const std::string text = word(random() % 40);
        StopStrings stop;
        stop.begin(strings);
        std::string out;
        for (size_t at = 0; at < text.size();) {
            const size_t n = random() % 4;
            out += stop.push(text.substr(at, n));
            at += n;
        }
        const Cut expected = whole(text, strings);
        EXPECT_EQ(stop.found(), expected.found);
        if (!stop.found())
            out += stop.finish();
        EXPECT_EQ(out, expected.text) << text;
    }
}

TEST(StopStrings, HoldsBackNoMoreThanItMust)
{
    StopStrings stop;
    stop.begin({"</end>"});
    EXPECT_EQ(stop.push("a < b </e"), "a < b ");
    EXPECT_TRUE(stop.holds());
    EXPECT_EQ(stop.push("m>"), "</em>");
    EXPECT_FALSE(stop.holds());
    EXPECT_EQ(stop.push("c<"), "c");
    EXPECT_EQ(stop.push("/end> and more"), "");
    EXPECT_TRUE(stop.found());
    EXPECT_FALSE(stop.holds());
    EXPECT_EQ(stop.push("later"), "");
}

TEST(StopStrings, NoneChangesNothing)
{
    StopStrings stop;
    stop.begin({});
    EXPECT_EQ(stop.push("text"), "text");
    EXPECT_EQ(stop.finish(), "");
}

TEST(StopStrings, ANewTextBeginsWithNothing)
{
    StopStrings stop;
    stop.begin({"ab"});
    EXPECT_EQ(stop.push("xa"), "x");
    stop.begin({"b"});
    EXPECT_EQ(stop.push("c"), "c");
    EXPECT_FALSE(stop.found());
}

} // namespace
} // namespace conclave
