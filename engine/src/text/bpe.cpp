#include "text/bpe.hpp"

#include <algorithm>
#include <bit>

namespace conclave
{
namespace
{

uint64_t pair_of(int32_t left, int32_t right)
{
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

} // namespace

BpeMerges::BpeMerges(size_t n_merges) : m_slots(std::bit_ceil(2 * n_merges + 2))
{
    m_shift = 64 - std::countr_zero(m_slots.size());
}

/// The slot that holds `pair`, or the empty one where it would go.
size_t BpeMerges::slot_of(uint64_t pair) const
{
    size_t slot = static_cast<size_t>((pair * 0x9E37'79B9'7F4A'7C15ULL) >> m_shift); // Fibonacci hashing
    while (m_slots[slot].pair != pair && m_slots[slot].merge.rank >= 0) {
        slot = (slot + 1) & (m_slots.size() - 1);
    }
    return slot;
}

void BpeMerges::add(int32_t left, int32_t right, int32_t rank, int32_t merged)
{
    Slot& slot = m_slots[slot_of(pair_of(left, right))];
    if (slot.merge.rank < 0) {
        slot = {pair_of(left, right), {rank, merged}};
    }
}

BpeMerges::Merge BpeMerges::find(int32_t left, int32_t right) const
{
    return m_slots[slot_of(pair_of(left, right))].merge;
}

bool BpeMerger::later(const Candidate& a, const Candidate& b)
{
    return a.rank != b.rank ? a.rank > b.rank : a.position > b.position;
}

bool BpeMerger::candidate(int32_t left, Candidate& found) const
{
    const Symbol& symbol = m_symbols[static_cast<size_t>(left)];
    if (symbol.next < 0) {
        return false;
    }
    const BpeMerges::Merge merge = m_merges.find(symbol.id, m_symbols[static_cast<size_t>(symbol.next)].id);
    found = {merge.rank, left, merge.merged};
    return merge.rank >= 0;
}

void BpeMerger::offer(int32_t left)
{
    Candidate found;
    if (candidate(left, found)) {
        m_heap.push_back(found);
        std::push_heap(m_heap.begin(), m_heap.end(), later);
    }
}

void BpeMerger::merge(std::span<const int32_t> ids, std::vector<int32_t>& out)
{
    const auto n = static_cast<int32_t>(ids.size());
    m_symbols.resize(ids.size());
    m_heap.clear();
    for (int32_t i = 0; i < n; ++i) {
        m_symbols[static_cast<size_t>(i)] = {ids[static_cast<size_t>(i)], i - 1, i + 1 < n ? i + 1 : -1};
    }
    for (int32_t i = 0; i < n; ++i) {
        Candidate found;
        if (candidate(i, found)) {
            m_heap.push_back(found);
        }
    }
    std::make_heap(m_heap.begin(), m_heap.end(), later);
    while (!m_heap.empty()) {
        const Candidate best = m_heap.front();
        std::pop_heap(m_heap.begin(), m_heap.end(), later);
        m_heap.pop_back();
        Symbol& left = m_symbols[static_cast<size_t>(best.position)];
        Candidate now;
        if (left.id < 0 || !candidate(best.position, now) || now.merged != best.merged) {
            continue; // one of the two has become part of another token since
        }
        Symbol& right = m_symbols[static_cast<size_t>(left.next)];
        left.id = best.merged;
        left.next = right.next;
        right.id = -1;
        if (left.next >= 0) {
            m_symbols[static_cast<size_t>(left.next)].previous = best.position;
        }
        if (left.previous >= 0) {
            offer(left.previous);
        }
        offer(best.position);
    }
    for (int32_t i = n > 0 ? 0 : -1; i >= 0; i = m_symbols[static_cast<size_t>(i)].next) {
        out.push_back(m_symbols[static_cast<size_t>(i)].id);
    }
}

} // namespace conclave
