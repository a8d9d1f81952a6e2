#include "generate/kv_cache.hpp"

#include <gtest/gtest.h>

#include "generate/two_layers.hpp"

namespace conclave
{
namespace
{

Layer with_latent(int kv_lora_rank)
{
    ConclaveMlaWeights mla{};
    mla.kv_lora_rank = kv_lora_rank;
    mla.qk_rope_head_dim = 32;
    return {.token_mixer = mla, .channel_mixer = ConclaveMlpWeights{}};
}

TEST(KvCache, PagesOfAllLayersAreApart)
{
    const Weights weights = test::two_layers();
    auto cache = KvCache::create(weights, 100);
    ASSERT_TRUE(cache);
    EXPECT_EQ(cache->capacity(), 100);
    float mark = 1;
    for (size_t layer = 0; layer < 2; ++layer) {
        const ConclaveCacheView view = cache->layer(layer);
        EXPECT_EQ(view.n_pages, 2);
        EXPECT_EQ(view.row_width, layer == 0 ? 12 : 20);
        for (int p = 0; p < view.n_pages; ++p)
            std::fill_n(static_cast<float*>(view.pages[p]), view.page_rows * view.row_width, mark++);
    }
    mark = 1;
    for (size_t layer = 0; layer < 2; ++layer) {
        const ConclaveCacheView view = cache->layer(layer);
        for (int p = 0; p < view.n_pages; ++p, ++mark) {
            const auto* page = static_cast<const float*>(view.pages[p]);
            EXPECT_EQ(page[0], mark);
            EXPECT_EQ(page[view.page_rows * view.row_width - 1], mark);
        }
    }
}

TEST(KvCache, ASessionThatDraftsHasOneLayerMore)
{
    Weights weights = test::two_layers();
    weights.mtp = MtpBlock{.layer = weights.layers[0]};
    EXPECT_EQ(KvCache::create(weights, 100)->n_layers(), 2u);
    const auto cache = KvCache::create(weights, 100, {}, true);
    ASSERT_TRUE(cache);
    ASSERT_EQ(cache->n_layers(), 3u);
    EXPECT_EQ(cache->layer(2).row_width, 12);
    EXPECT_NE(cache->layer(2).pages[0], cache->layer(1).pages[1]);
    EXPECT_EQ(cache_bytes(weights, 100, true) - cache_bytes(weights, 100), 128u * 12 * sizeof(float));
}

TEST(KvCache, GrowsAndIsCut)
{
    auto cache = KvCache::create(test::two_layers(), 10);
    ASSERT_TRUE(cache);
    cache->extend(7);
    cache->extend(3);
    EXPECT_EQ(cache->length(), 10);
    cache->truncate(4);
    EXPECT_EQ(cache->length(), 4);
}

TEST(KvCacheDeathTest, NeverLeavesTheContext)
{
    auto cache = KvCache::create(test::two_layers(), 10);
    ASSERT_TRUE(cache);
    cache->extend(10);
    EXPECT_DEATH(cache->extend(1), "context");
    EXPECT_DEATH(cache->truncate(11), "shorter");
}

TEST(KvCache, MoreThanThereIsIsAnError)
{
    Weights weights = test::two_layers();
    for (Layer& layer : weights.layers)
        std::get<ConclaveMlaWeights>(layer.token_mixer).kv_lora_rank = 1 << 20;
    const auto cache = KvCache::create(weights, 1 << 24);
    ASSERT_FALSE(cache);
    EXPECT_EQ(cache.error().code, ErrorCode::out_of_memory);
    EXPECT_NE(cache.error().message.find("MiB"), std::string::npos);
}

TEST(KvCache, RowsTakeWhatTheirTypeTakes)
{
    Weights weights = test::two_layers();
    for (Layer& layer : weights.layers) {
        auto& mla = std::get<ConclaveMlaWeights>(layer.token_mixer);
        mla.kv_lora_rank *= 16;
        mla.qk_rope_head_dim = 32;
    }
    for (const auto& [kv, bytes] : {std::pair{KvType::f32, 448 * 4},
                                    {KvType::f16, 448 * 2},
                                    {KvType::bf16, 448 * 2},
                                    {KvType::q8_0, 448 / 32 * 34}}) {
        EXPECT_EQ(cache_bytes(weights, cache_page_rows, false, kv), static_cast<uint64_t>(bytes) * cache_page_rows);
        const auto cache = KvCache::create(weights, 2 * cache_page_rows, {}, false, kv);
        ASSERT_TRUE(cache);
        const ConclaveCacheView view = cache->layer(1);
        EXPECT_EQ(view.dtype, static_cast<int32_t>(cache_dtype(kv)));
        EXPECT_EQ(static_cast<const uint8_t*>(view.pages[1]) - static_cast<const uint8_t*>(view.pages[0]),
                  cache_page_rows * cache_row_bytes(weights.layers[1].token_mixer, kv));
    }
    EXPECT_EQ(KvCache::create(test::two_layers(), 64, {}, false, KvType::q8_0).error().code, ErrorCode::unsupported);
}

/// Of a block whose rows the type cannot hold a session that drafts nothing knows nothing.
TEST(KvCache, TheBlockOfMtpMustFitTooWhereItDrafts)
{
    Weights weights;
    weights.layers.push_back(with_latent(64));
    weights.mtp = MtpBlock{.layer = with_latent(48)};
    EXPECT_TRUE(KvCache::create(weights, 64, {}, false, KvType::q8_0));
    EXPECT_TRUE(KvCache::create(weights, 64, {}, true, KvType::f16));
    const auto refused = KvCache::create(weights, 64, {}, true, KvType::q8_0);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unsupported);
    EXPECT_NE(refused.error().message.find("parts of 16; choose f16"), std::string::npos) << refused.error().message;
}

/// Rows of 96 values in one layer; of 2 x 2 x 64 in another, which sees at most 10 positions.
TEST(KvCache, ATokenReadsTheRowsItSees)
{
    ConclaveGqaWeights windowed{};
    windowed.n_head_kv = 2;
    windowed.head_dim = 64;
    windowed.window = 10;
    Weights weights;
    weights.layers.push_back(with_latent(64));
    weights.layers.push_back({.token_mixer = windowed, .channel_mixer = ConclaveMlpWeights{}});
    EXPECT_EQ(cache_bytes_read(weights, 1, KvType::f32), (96u + 256) * 4);
    EXPECT_EQ(cache_bytes_read(weights, 10, KvType::f16), 10 * (96u + 256) * 2);
    EXPECT_EQ(cache_bytes_read(weights, 25, KvType::q8_0), (25 * 96u + 10 * 256) / 32 * 34);
}

} // namespace
} // namespace conclave
