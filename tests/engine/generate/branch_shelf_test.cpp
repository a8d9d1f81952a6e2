#include "generate/branch_shelf.hpp"

#include <numeric>

#include <gtest/gtest.h>

#include "generate/two_layers.hpp"
#include "ops/cached_rows.hpp"

namespace conclave
{
namespace
{

constexpr int n_ctx = 300;

KvCache make_cache()
{
    auto cache = KvCache::create(test::two_layers(), n_ctx);
    EXPECT_TRUE(cache);
    return *std::move(cache);
}

float* row(const KvCache& cache, size_t layer, int position)
{
    const ConclaveCacheView view = cache.layer(layer);
    return reinterpret_cast<float*>(cached_row(view, position));
}

/// What the model would have computed: every value of a row depends on its token, its position and its layer.
float value_of(int32_t id, int position, size_t layer)
{
    return static_cast<float>(id * 1000 + position) + static_cast<float>(layer) / 4;
}

/// Computes what the cache does not hold of `ids`.
void compute(KvCache& cache, std::span<const int32_t> ids)
{
    const int begin = cache.length();
    for (int p = begin; p < static_cast<int>(ids.size()); ++p)
        for (size_t layer = 0; layer < cache.n_layers(); ++layer)
            std::fill_n(row(cache, layer, p), cache.layer(layer).row_width,
                        value_of(ids[static_cast<size_t>(p)], p, layer));
    cache.extend(static_cast<int>(ids.size()) - begin);
}

void expect_holds(const KvCache& cache, std::span<const int32_t> ids)
{
    for (int p = 0; p < cache.length(); ++p)
        for (size_t layer = 0; layer < cache.n_layers(); ++layer)
            for (int i : {0, cache.layer(layer).row_width - 1})
                ASSERT_EQ(row(cache, layer, p)[i], value_of(ids[static_cast<size_t>(p)], p, layer))
                    << "position " << p << " layer " << layer;
}

std::vector<int32_t> some_ids(int n, int32_t kind)
{
    std::vector<int32_t> ids(static_cast<size_t>(n));
    std::iota(ids.begin(), ids.end(), kind);
    return ids;
}

/// `base` up to `at`, then ids of another kind.
std::vector<int32_t> branch_of(std::vector<int32_t> base, int at, int n, int32_t kind)
{
    base.resize(static_cast<size_t>(at));
    const auto more = some_ids(n, kind);
    base.insert(base.end(), more.begin(), more.end());
    return base;
}

/// Leaves `from` for `to`, as a session does; returns how much of `to` the cache holds before it computes the rest.
int go(BranchShelf& shelf, KvCache& cache, std::span<const int32_t> from, std::span<const int32_t> to)
{
    int shared = 0;
    while (shared < cache.length() && shared < static_cast<int>(to.size()) &&
           from[static_cast<size_t>(shared)] == to[static_cast<size_t>(shared)])
        ++shared;
    shelf.put(from.first(static_cast<size_t>(cache.length())), shared, cache);
    cache.truncate(shared);
    const int length = shelf.take(to, cache);
    expect_holds(cache, to);
    compute(cache, to);
    return length;
}

TEST(BranchShelf, BranchesOfBranchesComeBackWhole)
{
    KvCache cache = make_cache();
    BranchShelf shelf(1000);
    const auto a = some_ids(200, 1), b = branch_of(a, 100, 80, 500), c = branch_of(b, 130, 90, 900),
               other = some_ids(150, 7000);
    compute(cache, a);
    EXPECT_EQ(go(shelf, cache, a, b), 100);
    EXPECT_EQ(go(shelf, cache, b, c), 130);
    EXPECT_EQ(go(shelf, cache, c, other), 0);
    // c was left whole; b has its own end alone, and needs c's beginning first.
    EXPECT_EQ(go(shelf, cache, other, b), 180);
    EXPECT_EQ(go(shelf, cache, b, a), 200);
    EXPECT_EQ(go(shelf, cache, a, other), 150);
    EXPECT_EQ(go(shelf, cache, other, c), 220);
}

TEST(BranchShelf, TheLongestUnusedGoesFirst)
{
    KvCache cache = make_cache();
    BranchShelf shelf(250);
    const auto a = some_ids(100, 1), b = some_ids(100, 1000), c = some_ids(100, 2000), d = some_ids(100, 3000);
    compute(cache, a);
    go(shelf, cache, a, b);
    go(shelf, cache, b, c);
    EXPECT_EQ(shelf.n_rows(), 200);
    go(shelf, cache, c, d); // a has to go
    EXPECT_EQ(shelf.n_rows(), 200);
    EXPECT_EQ(go(shelf, cache, d, a), 0);
    EXPECT_EQ(go(shelf, cache, a, d), 100);
}

TEST(BranchShelf, WhatGoesOnTakesThePlaceOfItsBeginning)
{
    KvCache cache = make_cache();
    BranchShelf shelf(1000);
    const auto a = some_ids(100, 1), longer = some_ids(150, 1), other = some_ids(40, 5000);
    compute(cache, a);
    go(shelf, cache, a, other);
    EXPECT_EQ(go(shelf, cache, other, longer), 100);
    EXPECT_EQ(shelf.n_rows(), 140);
    go(shelf, cache, longer, other);
    EXPECT_EQ(shelf.n_rows(), 190) << "150 and 40, not 100 as well";
}

TEST(BranchShelf, OneWithoutRoomKeepsNothing)
{
    KvCache cache = make_cache();
    BranchShelf none(0);
    const auto a = some_ids(100, 1), b = some_ids(100, 1000);
    compute(cache, a);
    EXPECT_EQ(go(none, cache, a, b), 0);
    EXPECT_EQ(go(none, cache, b, a), 0);
}

} // namespace
} // namespace conclave
