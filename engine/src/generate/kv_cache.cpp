#include "generate/kv_cache.hpp"

#include "base/check.hpp"
#include "base/within_memory.hpp"

namespace conclave
{

Result<void> KvCache::check(const Weights& weights, const OpPlace& place, bool drafts, KvType kv)
{
    if (place.device && kv != KvType::f32) {
        return Error{ErrorCode::unsupported, "a GPU keeps its cache in f32 so far; choose f32"};
    }
    return check_cache(weights, drafts, kv);
}

Result<KvCache> KvCache::create(const Weights& weights, int n_ctx, const OpPlace& place, bool drafts, KvType kv)
{
    if (auto can = check(weights, place, drafts, kv); !can) {
        return can.error();
    }
    const uint64_t n_bytes = cache_bytes(weights, n_ctx, drafts, kv);
    const size_t n_layers = n_cached_layers(weights, drafts);
    auto rows = OpMemory::allocate(place, n_bytes);
    if (!rows && place.device) {
        return rows.error();
    }
    if (!rows) {
        return out_of_memory("the cache of a context of " + std::to_string(n_ctx) + " tokens", n_bytes,
                             "ask for a shorter context");
    }
    KvCache cache;
    cache.m_rows = *std::move(rows);
    cache.m_capacity = n_ctx;
    const int n_pages = (n_ctx + cache_page_rows - 1) / cache_page_rows;
    cache.m_pages.reserve(n_layers * static_cast<size_t>(n_pages));
    auto* next = cache.m_rows.as<std::byte>();
    for (size_t i = 0; i < n_layers; ++i) {
        const TokenMixer& mixer = cached_layer(weights, i).token_mixer;
        const int64_t page_bytes = cache_page_rows * cache_row_bytes(mixer, kv);
        cache.m_layers.push_back({cache.m_pages.data() + cache.m_pages.size(), n_pages, cache_page_rows,
                                  cache_row_width(mixer), static_cast<int32_t>(cache_dtype(kv))});
        for (int p = 0; p < n_pages; ++p) {
            cache.m_pages.push_back(next);
            next += page_bytes;
        }
    }
    if (place.device) {
        if (auto moved = cache.move_page_lists(place); !moved) {
            return moved.error();
        }
    }
    return cache;
}

Result<void> KvCache::move_page_lists(const OpPlace& place)
{
    const uint64_t n_bytes = m_pages.size() * sizeof(void*);
    auto lists = OpMemory::allocate(place, n_bytes);
    if (!lists) {
        return lists.error();
    }
    m_page_lists = *std::move(lists);
    for (ConclaveCacheView& view : m_layers) {
        view.pages = m_page_lists.as<void*>() + (view.pages - m_pages.data());
    }
    return m_page_lists.write(m_pages.data(), n_bytes);
}

void KvCache::extend(int n_rows)
{
    CONCLAVE_CHECK(n_rows >= 0 && m_length + n_rows <= m_capacity, "a step stays within the context");
    m_length += n_rows;
}

void KvCache::truncate(int length)
{
    CONCLAVE_CHECK(length >= 0 && length <= m_length, "a sequence only gets shorter");
    m_length = length;
}

} // namespace conclave
