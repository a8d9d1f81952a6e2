#include "conclave/utf8_stream.hpp"

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

std::string in_pieces(std::string_view bytes, size_t piece)
{
    Utf8Stream stream;
    std::string out;
    for (size_t i = 0; i < bytes.size(); i += piece) {
        out += stream.push(bytes.substr(i, piece));
    }
    out += stream.finish();
    return out;
}

struct Case {
    std::string_view bytes, expected;
};

// What Python's bytes.decode(errors="replace") gives.
const Case cases[] = {
    {"", ""},
    {"plain", "plain"},
    {"\xC3\xA9t\xC3\xA9 \xE4\xBD\xA0 \xF0\x9F\x91\x8D", "été 你 👍"},
    {"\xC3", "\uFFFD"},
    {"a\xE4\xBD", "a\uFFFD"},
    {"\xF0\x9F\x91", "\uFFFD"},
    {"\xE4\xBD!\xBD", "\uFFFD!\uFFFD"},
    {"\xC0\xAF", "\uFFFD\uFFFD"},
    {"\xE0\x80\x80", "\uFFFD\uFFFD\uFFFD"},
    {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
    {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
    {"\xF0\x90\x80"
     "A",
     "\uFFFDA"},
    {"\xFF\xFE", "\uFFFD\uFFFD"},
    {"\xE2\x82\xC3\xA9", "\uFFFDé"},
    {std::string_view("\0x\0", 3), std::string_view("\0x\0", 3)},
};

TEST(Utf8Stream, ReplacesBrokenSequencesAtAnyCut)
{
    for (const Case& c : cases) {
        for (size_t piece = 1; piece <= c.bytes.size() + 1; ++piece) {
            EXPECT_EQ(in_pieces(c.bytes, piece), c.expected) << "in pieces of " << piece;
        }
    }
}

TEST(Utf8Stream, HoldsBackOnlyAnIncompleteTail)
{
    Utf8Stream stream;
    EXPECT_EQ(stream.push("a\xF0\x9F"), "a");
    EXPECT_EQ(stream.push("\x91"), "");
    EXPECT_EQ(stream.push("\x8D"
                          "b"),
              "👍b");
    EXPECT_EQ(stream.push("\xF0"), "");
    EXPECT_EQ(stream.push("c"), "\uFFFDc");
    EXPECT_EQ(stream.finish(), "");
    EXPECT_EQ(stream.push("d\xE4"), "d"); // may go on after finish
    EXPECT_EQ(stream.finish(), "\uFFFD");
}

} // namespace
} // namespace conclave
