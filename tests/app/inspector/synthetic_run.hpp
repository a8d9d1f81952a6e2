#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "bridge/run_events.hpp"

/// Shapes and runs made up for tests: seeded, uneven on purpose, in the form the engine sends them.
namespace synthetic
{

inline RoutingShape shape(int layers, int dense, int experts, int used, int groups = 1, int openGroups = 1,
                          int shared = 0)
{
    RoutingShape result;
    result.modelName = QStringLiteral("Synthetic");
    result.nLayers = layers;
    for (int layer = dense; layer < layers; ++layer)
        result.moeLayers += layer;
    result.nExperts = experts;
    result.nExpertsUsed = used;
    result.nSharedExperts = shared;
    result.nGroup = groups;
    result.topkGroup = openGroups;
    result.routingRule = QStringLiteral("sigmoid");
    return result;
}

inline RoutingShape guide()
{
    return shape(7, 1, 32, 4, 4, 2, 1);
}
inline RoutingShape deepseekV3()
{
    return shape(61, 3, 256, 8, 8, 4, 1);
}

/// One step of `rows` tokens from `position` on. Scores prefer some experts of each layer; groups are kept as the
/// best-two rule keeps them.
class Router
{
public:
    explicit Router(RoutingShape shape, unsigned seed = 1) : m_shape(std::move(shape)), m_random(seed)
    {
        std::normal_distribution<float> normal(0, 0.7F);
        m_taste.resize(size_t(m_shape.moeLayers.size()) * size_t(m_shape.nExperts));
        for (float& taste : m_taste)
            taste = normal(m_random);
    }

    RunStep step(int position, int rows, bool prefill)
    {
        RunStep step;
        step.prefill = prefill;
        step.nMoeLayers = int(m_shape.moeLayers.size());
        step.k = m_shape.nExpertsUsed;
        for (int row = 0; row < rows; ++row) {
            step.positions += position + row;
            step.tokens += 100 + position + row;
            for (int layer = 0; layer < step.nMoeLayers; ++layer)
                route(step, layer);
        }
        return step;
    }

private:
    void route(RunStep& step, int layer)
    {
        const int experts = m_shape.nExperts, k = m_shape.nExpertsUsed, groups = std::max(1, m_shape.nGroup);
        const int size = experts / groups;
        std::normal_distribution<float> normal;
        std::vector<float> score(static_cast<size_t>(experts));
        for (int e = 0; e < experts; ++e)
            score[size_t(e)] = normal(m_random) + m_taste[size_t(layer * experts + e)];
        quint32 mask = (groups >= 32 ? 0 : 1U << groups) - 1U;
        if (groups > 1) {
            std::vector<std::pair<float, int>> best;
            for (int g = 0; g < groups; ++g) {
                std::vector<float> own(score.begin() + g * size, score.begin() + (g + 1) * size);
                std::partial_sort(own.begin(), own.begin() + std::min(2, size), own.end(), std::greater<>());
                best.emplace_back(own[0] + (size > 1 ? own[1] : 0), g);
            }
            std::sort(best.rbegin(), best.rend());
            mask = 0;
            for (int g = 0; g < m_shape.topkGroup; ++g)
                mask |= 1U << best[size_t(g)].second;
            for (int e = 0; e < experts; ++e) {
                if (!(mask >> (e / size) & 1U))
                    score[size_t(e)] = -INFINITY;
            }
        }
        std::vector<int> order(static_cast<size_t>(experts));
        std::iota(order.begin(), order.end(), 0);
        std::partial_sort(order.begin(), order.begin() + std::min(k + 1, experts), order.end(),
                          [&](int a, int b) { return score[size_t(a)] > score[size_t(b)]; });
        float sum = 0;
        for (int i = 0; i < k; ++i)
            sum += std::exp(score[size_t(order[size_t(i)])]);
        for (int i = 0; i < k; ++i) {
            step.ids.push_back(quint16(order[size_t(i)]));
            step.weights.push_back(std::exp(score[size_t(order[size_t(i)])]) / sum);
        }
        step.margins.push_back(score[size_t(order[size_t(k - 1)])] - score[size_t(order[size_t(k)])]);
        step.groups.push_back(mask);
    }

    RoutingShape m_shape;
    std::mt19937 m_random;
    std::vector<float> m_taste;
};

inline RunToken token(int index, int position, const QString& text)
{
    RunToken token;
    token.index = index;
    token.position = position;
    token.id = 100 + position;
    token.text = text;
    token.logprob = -0.2F;
    token.entropy = 0.5F;
    return token;
}

inline RunPrompt prompt(int n)
{
    RunPrompt prompt;
    for (int i = 0; i < n; ++i) {
        prompt.ids += 100 + i;
        prompt.pieces += QByteArray("p") + QByteArray::number(i);
    }
    return prompt;
}

} // namespace synthetic
