#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "generate/kv_cache.hpp"

namespace conclave
{

/// Cached rows of the branches that a session left: what lay behind the place where the next prompt went another way.
/// Going back copies them, at the speed of memory, instead of computing them again. Holds at most max_rows rows; the
/// branch that was not used for longest goes first. Rows in the host's memory only. Not thread-safe.
class BranchShelf
{
public:
    explicit BranchShelf(int max_rows) : m_max_rows(max_rows) {}

    /// Keeps rows [first, ids.size()) of the cache, which holds the keys and values of `ids`. Memory that is not there
    /// keeps nothing.
    void put(std::span<const int32_t> ids, int first, const KvCache& cache);
    /// Adds to the cache, which holds the beginning of `prompt`, the rows of kept branches that go on as the prompt
    /// does. Returns the length of the cache then, at most prompt.size().
    int take(std::span<const int32_t> prompt, KvCache& cache);

    int n_rows() const;

private:
    struct Branch {
        std::vector<int32_t> ids = {};
        int first = 0;                        ///< rows before it are not kept
        std::unique_ptr<uint8_t[]> rows = {}; ///< [n_layers][ids.size() - first][bytes of a row]
        uint64_t last_used = 0;

        int n_rows() const { return static_cast<int>(ids.size()) - first; }
    };
    /// The branch that has the row at the cache's end and goes on longest with the prompt; `end` is how far.
    Branch* longest(std::span<const int32_t> prompt, int length, int& end);

    std::vector<Branch> m_branches;
    int m_max_rows;
    uint64_t m_clock = 0;
};

} // namespace conclave
