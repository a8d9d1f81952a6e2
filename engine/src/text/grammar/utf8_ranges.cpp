#include "text/grammar/utf8_ranges.hpp"

#include <algorithm>

namespace conclave
{

namespace
{

constexpr uint32_t length_ends[] = {0x7F, 0x7FF, 0xFFFF, last_code_point}; // the last code point of 1 to 4 bytes

int encode(uint32_t code_point, std::array<uint8_t, 4>& out)
{
    if (code_point <= 0x7F) {
        out[0] = static_cast<uint8_t>(code_point);
        return 1;
    }
    const int size = code_point <= 0x7FF ? 2 : code_point <= 0xFFFF ? 3 : 4;
    for (int i = size - 1; i > 0; --i) {
        out[static_cast<size_t>(i)] = static_cast<uint8_t>(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    out[0] = static_cast<uint8_t>((0xF00 >> size) | code_point);
    return size;
}

/// Both ends have the same length.
void append_same_length(CodePointRange range, std::vector<ByteSequence>& out)
{
    // Where the ends differ above the last i continuation bytes, those bytes must run over all values.
    for (int i = 1; i < 4; ++i) {
        const uint32_t low_bits = (uint32_t{1} << (6 * i)) - 1;
        if ((range.first & ~low_bits) == (range.last & ~low_bits)) {
            break;
        }
        if ((range.first & low_bits) != 0) {
            append_same_length({range.first, range.first | low_bits}, out);
            append_same_length({(range.first | low_bits) + 1, range.last}, out);
            return;
        }
        if ((range.last & low_bits) != low_bits) {
            append_same_length({range.first, (range.last & ~low_bits) - 1}, out);
            append_same_length({range.last & ~low_bits, range.last}, out);
            return;
        }
    }
    std::array<uint8_t, 4> first{}, last{};
    ByteSequence sequence;
    sequence.size = encode(range.first, first);
    encode(range.last, last);
    for (size_t i = 0; i < 4; ++i) {
        sequence.bytes[i] = {first[i], last[i]};
    }
    out.push_back(sequence);
}

} // namespace

void append_utf8(CodePointRange range, std::vector<ByteSequence>& out)
{
    constexpr CodePointRange parts[] = {{0, 0xD7FF}, {0xE000, last_code_point}}; // between them lie the surrogates
    for (const CodePointRange& part : parts) {
        uint32_t first = std::max(range.first, part.first);
        const uint32_t last = std::min(range.last, part.last);
        for (const uint32_t end : length_ends) {
            if (first <= last && first <= end) {
                append_same_length({first, std::min(last, end)}, out);
                first = end + 1;
            }
        }
    }
}

std::vector<CodePointRange> complement(std::vector<CodePointRange> ranges)
{
    std::ranges::sort(ranges, {}, &CodePointRange::first);
    std::vector<CodePointRange> out;
    uint32_t next = 0;
    for (const CodePointRange& range : ranges) {
        if (range.first > next) {
            out.push_back({next, range.first - 1});
        }
        next = std::max(next, range.last + 1);
    }
    if (next <= last_code_point) {
        out.push_back({next, last_code_point});
    }
    return out;
}

} // namespace conclave
