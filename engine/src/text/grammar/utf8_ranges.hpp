#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace conclave
{

constexpr uint32_t last_code_point = 0x10FFFF;

/// Code points from first to last, both included.
struct CodePointRange {
    uint32_t first = 0, last = 0;
};

struct ByteRange {
    uint8_t first = 0, last = 0;
};

/// UTF-8 sequences whose i-th byte lies in bytes[i], whatever the others are.
struct ByteSequence {
    std::array<ByteRange, 4> bytes;
    int size = 0;
};

/// Appends the sequences that together are the UTF-8 of the code points in `range`; surrogates have none. The method is
/// that of RE2 and of Rust's regex-syntax: cut where the length changes and where continuation bytes are not all free.
void append_utf8(CodePointRange range, std::vector<ByteSequence>& out);

/// The code points that no range has, in order.
std::vector<CodePointRange> complement(std::vector<CodePointRange> ranges);

} // namespace conclave
