#include "generate/branch_shelf.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "base/within_memory.hpp"
#include "ops/cached_rows.hpp"

namespace conclave
{

namespace
{

/// A shorter tail is computed again as fast as it is looked for.
constexpr int min_rows = 16;

int64_t row_bytes(const ConclaveCacheView& view)
{
    return cached_bytes(view, view.row_width);
}

int64_t row_bytes_of_all_layers(const KvCache& cache)
{
    int64_t bytes = 0;
    for (size_t layer = 0; layer < cache.n_layers(); ++layer)
        bytes += row_bytes(cache.layer(layer));
    return bytes;
}

} // namespace

void BranchShelf::put(std::span<const int32_t> ids, int first, const KvCache& cache)
{
    const int n = static_cast<int>(ids.size()) - first;
    if (n < min_rows || n > m_max_rows)
        return;
    // What goes on from a kept branch takes its place.
    std::erase_if(m_branches, [&](const Branch& b) {
        return b.first >= first && b.ids.size() <= ids.size() && std::ranges::equal(b.ids, ids.first(b.ids.size()));
    });
    while (n_rows() + n > m_max_rows)
        m_branches.erase(std::ranges::min_element(m_branches, {}, &Branch::last_used));
    Branch branch{.first = first, .last_used = ++m_clock};
    branch.rows.reset(new (std::nothrow) uint8_t[static_cast<size_t>(n * row_bytes_of_all_layers(cache))]);
    if (!branch.rows)
        return;
    uint8_t* to = branch.rows.get();
    for (size_t layer = 0; layer < cache.n_layers(); ++layer) {
        const ConclaveCacheView view = cache.layer(layer);
        for (int p = first; p < first + n; ++p, to += row_bytes(view))
            std::copy_n(cached_row(view, p), row_bytes(view), to);
    }
    static_cast<void>(within_memory(
        [&]() -> Result<void> {
            branch.ids.assign(ids.begin(), ids.end());
            m_branches.push_back(std::move(branch));
            return {};
        },
        [&] { return out_of_memory("a branch", ids.size_bytes(), ""); }));
}

BranchShelf::Branch* BranchShelf::longest(std::span<const int32_t> prompt, int length, int& end)
{
    Branch* best = nullptr;
    end = length;
    for (Branch& branch : m_branches) {
        const auto differs = std::ranges::mismatch(branch.ids, prompt).in1;
        const auto same = static_cast<int>(differs - branch.ids.begin());
        if (branch.first <= length && same > end) {
            best = &branch;
            end = same;
        }
    }
    return best;
}

int BranchShelf::take(std::span<const int32_t> prompt, KvCache& cache)
{
    // A branch may begin where another one was left: each adds its part.
    int end = 0;
    while (Branch* branch = longest(prompt, cache.length(), end)) {
        const int begin = cache.length();
        branch->last_used = ++m_clock;
        const uint8_t* from = branch->rows.get();
        for (size_t layer = 0; layer < cache.n_layers(); ++layer) {
            const ConclaveCacheView view = cache.layer(layer);
            for (int p = begin; p < end; ++p)
                std::copy_n(from + (p - branch->first) * row_bytes(view), row_bytes(view), cached_row(view, p));
            from += branch->n_rows() * row_bytes(view);
        }
        cache.extend(end - begin);
    }
    return cache.length();
}

int BranchShelf::n_rows() const
{
    int n = 0;
    for (const Branch& branch : m_branches)
        n += branch.n_rows();
    return n;
}

} // namespace conclave
