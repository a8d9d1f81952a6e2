#include "generate/samplers/typical_p.hpp"

#include <gtest/gtest.h>

#include "generate/samplers/distribution.hpp"

namespace conclave
{
namespace
{

TEST(TypicalP, KeepsTheNearestToTheEntropy)
{
    for (const size_t n : test::sizes)
        for (const float spread : {0.3f, 3.0f})
            for (const double p : {0.1, 0.5, 0.95}) {
                const std::vector<float> logits = test::random_logits(n, 6, spread);
                Candidates candidates = test::candidates(logits);
                TypicalP(n).keep(candidates, p);
                test::Distribution tokens = test::softmax(logits);
                double entropy = 0;
                for (const auto& [id, share] : tokens)
                    entropy -= share * std::log(share);
                std::ranges::stable_sort(tokens, [&](const auto& a, const auto& b) {
                    return std::abs(-std::log(a.second) - entropy) < std::abs(-std::log(b.second) - entropy);
                });
                double sum = 0;
                size_t kept = 0;
                while (kept < n && sum < p)
                    sum += tokens[kept++].second;
                tokens.resize(std::max<size_t>(kept, 1));
                EXPECT_TRUE(test::same(candidates, tokens)) << n << " " << p;
            }
}

TEST(TypicalP, MayDropTheMostProbable)
{
    // One token of 0.6 and forty of 0.01: the entropy is nearer to the surprise of the forty.
    std::vector<float> logits(41, std::log(0.01f));
    logits[0] = std::log(0.6f);
    Candidates candidates = test::candidates(logits);
    TypicalP(41).keep(candidates, 0.2);
    EXPECT_EQ(candidates.find(0), 0u) << "surprise 0.5 against an entropy of 2.1; the forty have 4.6";
    logits.assign(101, std::log(0.0075f));
    logits[0] = std::log(0.25f);
    Candidates flat = test::candidates(logits);
    TypicalP(101).keep(flat, 0.2);
    EXPECT_EQ(flat.find(0), Candidates::none) << "surprise 1.4 against an entropy of 4.0; the hundred have 4.9";
}

} // namespace
} // namespace conclave
