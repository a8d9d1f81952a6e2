#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace conclave
{

/// The merges of a byte-pair vocabulary: which two neighbouring tokens become which, and how early.
class BpeMerges
{
public:
    explicit BpeMerges(size_t n_merges);

    /// The earlier of two equal pairs wins.
    void add(int32_t left, int32_t right, int32_t rank, int32_t merged);

    struct Merge {
        int32_t rank = -1; ///< -1: these two never merge
        int32_t merged = -1;
    };
    Merge find(int32_t left, int32_t right) const;

private:
    struct Slot {
        uint64_t pair = UINT64_MAX;
        Merge merge;
    };
    size_t slot_of(uint64_t pair) const;

    std::vector<Slot> m_slots; // open addressing, at most half full, size a power of two
    int m_shift = 0;
};

/// Merges the tokens of one piece until no two neighbours can be: lowest rank first, leftmost among equals, as Hugging
/// Face's BPE does. Takes n log n steps for n tokens. Not thread-safe: its buffers are kept between pieces.
class BpeMerger
{
public:
    explicit BpeMerger(const BpeMerges& merges) : m_merges(merges) {}

    /// `ids`: one token per byte. Appends the result to `out`.
    void merge(std::span<const int32_t> ids, std::vector<int32_t>& out);

private:
    struct Symbol {
        int32_t id = -1; ///< -1: swallowed by the symbol before it
        int32_t previous = -1;
        int32_t next = -1;
    };
    struct Candidate {
        int32_t rank = 0;
        int32_t position = 0; ///< of the left symbol
        int32_t merged = 0;
    };
    static bool later(const Candidate& a, const Candidate& b);
    bool candidate(int32_t left, Candidate& found) const;
    void offer(int32_t left);

    const BpeMerges& m_merges;
    std::vector<Symbol> m_symbols;
    std::vector<Candidate> m_heap;
};

} // namespace conclave
