#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "generate/samplers/candidates.hpp"

namespace conclave::test
{

/// Logits of a normal distribution: a few likely tokens and a long tail.
inline std::vector<float> random_logits(size_t n, uint32_t seed, float spread = 3)
{
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, spread);
    std::vector<float> logits(n);
    for (float& logit : logits)
        logit = normal(random);
    return logits;
}

inline Candidates candidates(const std::vector<float>& logits)
{
    Candidates out(logits.size());
    out.assign(logits);
    return out;
}

/// Tokens with their probabilities, most probable first, by plain sums and one sort: what the stages are compared with.
using Distribution = std::vector<std::pair<int32_t, double>>;

inline Distribution softmax(const std::vector<float>& logits)
{
    double sum = 0;
    Distribution out;
    for (size_t i = 0; i < logits.size(); ++i)
        sum += std::exp(static_cast<double>(logits[i]));
    for (size_t i = 0; i < logits.size(); ++i)
        out.emplace_back(static_cast<int32_t>(i), std::exp(static_cast<double>(logits[i])) / sum);
    std::ranges::stable_sort(out, [](const auto& a, const auto& b) { return a.second > b.second; });
    return out;
}

inline void normalise(Distribution& tokens)
{
    double sum = 0;
    for (const auto& token : tokens)
        sum += token.second;
    for (auto& token : tokens)
        token.second /= sum;
}

/// The same tokens with the same probabilities, in any order.
inline testing::AssertionResult same(Candidates& found, Distribution expected)
{
    normalise(expected);
    std::map<int32_t, double> left(expected.begin(), expected.end());
    if (found.size() != left.size())
        return testing::AssertionFailure() << found.size() << " are left instead of " << left.size();
    for (size_t i = 0; i < found.size(); ++i) {
        if (!left.contains(found.id(i)))
            return testing::AssertionFailure() << "token " << found.id(i) << " should be gone";
        if (std::abs(found.probability(i) - left.at(found.id(i))) > 1e-6)
            return testing::AssertionFailure() << "token " << found.id(i) << " has " << found.probability(i)
                                               << " instead of " << left.at(found.id(i));
    }
    return testing::AssertionSuccess();
}

constexpr size_t sizes[] = {1, 2, 31, 64, 1000, 20000};

} // namespace conclave::test
