#include "generate/samplers/selector.hpp"

#include <gtest/gtest.h>

#include "generate/samplers/distribution.hpp"

namespace conclave
{
namespace
{

TEST(Selector, FindsWhatASortFinds)
{
    for (const size_t n : test::sizes) {
        std::vector<float> values = test::random_logits(n, 7);
        for (size_t i = 0; i + 3 < n; i += 3)
            values[i] = values[i + 3]; // ties
        Selector selector(n);
        selector.look(values);
        std::vector<Ranked> sorted(n);
        for (size_t i = 0; i < n; ++i)
            sorted[i] = {values[i], static_cast<int32_t>(i)};
        std::ranges::stable_sort(sorted, [](const Ranked& a, const Ranked& b) { return a.value > b.value; });
        EXPECT_EQ(selector.max(), sorted[0].value);
        for (const size_t m : {size_t{1}, size_t{5}, size_t{40}, size_t{700}, n}) {
            const auto best = selector.best(m);
            ASSERT_EQ(best.size(), std::min(m, n));
            for (size_t i = 0; i < best.size(); ++i)
                ASSERT_EQ(best[i].index, sorted[i].index) << i << " of " << m << " of " << n;
        }
    }
}

TEST(Selector, FollowsAChangedValue)
{
    std::vector<float> values = test::random_logits(1000, 8);
    Selector selector(1000);
    selector.look(values);
    values[321] = 1000;
    selector.update(321);
    EXPECT_EQ(selector.best(1)[0].index, 321);
    values[321] = -1000;
    selector.update(321);
    EXPECT_NE(selector.best(1)[0].index, 321);
}

TEST(Selector, LeavesOutMinusInfinity)
{
    std::vector<float> values(100, -std::numeric_limits<float>::infinity());
    values[70] = 1;
    Selector selector(100);
    selector.look(values);
    const auto best = selector.best(64);
    ASSERT_EQ(best.size(), 1u);
    EXPECT_EQ(best[0].index, 70);
}

} // namespace
} // namespace conclave
