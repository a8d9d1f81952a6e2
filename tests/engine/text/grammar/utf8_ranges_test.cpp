#include "text/grammar/utf8_ranges.hpp"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

std::string utf8(uint32_t c)
{
    const auto byte = [](uint32_t value) { return static_cast<char>(value); };
    if (c < 0x80)
        return {byte(c)};
    if (c < 0x800)
        return {byte(0xC0 | c >> 6), byte(0x80 | (c & 63))};
    if (c < 0x10000)
        return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
    return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 63)), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
}

int n_matches(const std::vector<ByteSequence>& sequences, const std::string& bytes)
{
    int n = 0;
    for (const ByteSequence& sequence : sequences) {
        bool fits = static_cast<size_t>(sequence.size) == bytes.size();
        for (size_t i = 0; fits && i < bytes.size(); ++i)
            fits = static_cast<uint8_t>(bytes[i]) >= sequence.bytes[i].first &&
                   static_cast<uint8_t>(bytes[i]) <= sequence.bytes[i].last;
        n += fits;
    }
    return n;
}

TEST(Utf8Ranges, HaveExactlyTheCodePointsOfTheRange)
{
    std::mt19937 random(1);
    std::vector<CodePointRange> ranges = {{0, last_code_point}, {0x7F, 0x80}, {0xD000, 0xE100}, {0xD800, 0xDFFF}};
    while (ranges.size() < 12) {
        const uint32_t limit = ranges.size() % 2 == 0 ? 0x3000 : last_code_point + 1;
        const auto a = static_cast<uint32_t>(random()) % limit, b = static_cast<uint32_t>(random()) % limit;
        ranges.push_back({std::min(a, b), std::max(a, b)});
    }
    for (const CodePointRange& range : ranges) {
        std::vector<ByteSequence> sequences;
        append_utf8(range, sequences);
        EXPECT_LE(sequences.size(), 24u);
        for (uint32_t c = 0; c <= last_code_point; c += c < 0x3000 || (c > 0xD000 && c < 0xE200) ? 1 : 37) {
            const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
            const int expected = c >= range.first && c <= range.last && !surrogate ? 1 : 0;
            ASSERT_EQ(n_matches(sequences, utf8(c)), expected) << range.first << " " << range.last << " " << c;
        }
    }
}

TEST(Utf8Ranges, ComplementHasTheRest)
{
    const auto rest = complement({{'a', 'c'}, {'b', 'z'}, {0, 9}});
    ASSERT_EQ(rest.size(), 2u);
    EXPECT_EQ(rest[0].first, 10u);
    EXPECT_EQ(rest[0].last, 'a' - 1u);
    EXPECT_EQ(rest[1].first, 'z' + 1u);
    EXPECT_EQ(rest[1].last, last_code_point);
    EXPECT_TRUE(complement({{0, last_code_point}}).empty());
    EXPECT_EQ(complement({}).size(), 1u);
}

} // namespace
} // namespace conclave
