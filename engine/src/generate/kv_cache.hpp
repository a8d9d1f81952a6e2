#pragma once

#include <span>
#include <vector>

#include "conclave/result.hpp"
#include "model/op_memory.hpp"
#include "model/weights.hpp"
#include "ops/op_table.hpp"

namespace conclave
{

/// The cached rows of one sequence, in pages of cache_page_rows positions per layer. All pages are reserved at once, so
/// that a step allocates nothing; the system commits one when it is first written. Not thread-safe.
class KvCache
{
public:
    /// Whether there is such a cache: unsupported for a type that the rows, or a device, cannot have.
    static Result<void> check(const Weights& weights, const OpPlace& place, bool drafts, KvType kv);
    /// With `drafts` the rows of the block of multi-token prediction stand behind those of the layers.
    /// Errors: those of check; out_of_memory with the bytes wanted.
    static Result<KvCache> create(const Weights& weights, int n_ctx, const OpPlace& place = {}, bool drafts = false,
                                  KvType kv = KvType::f32);

    ConclaveCacheView layer(size_t index) const { return m_layers[index]; }
    size_t n_layers() const { return m_layers.size(); }
    int capacity() const { return m_capacity; }
    int length() const { return m_length; }
    /// Positions written by a step become part of the sequence.
    void extend(int n_rows);
    /// Forgets positions from `length` on; the rows are written again before they are read.
    void truncate(int length);

private:
    KvCache() = default;
    Result<void> move_page_lists(const OpPlace& place);

    OpMemory m_rows;
    std::vector<void*> m_pages; ///< [n_layers, n_pages]
    OpMemory m_page_lists;      ///< the same where ops compute; none on the host
    std::vector<ConclaveCacheView> m_layers;
    int m_capacity = 0;
    int m_length = 0;
};

} // namespace conclave
