#include "reference_router.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace
{

/// The indices of `scores`, best first; equal ones in their order.
std::vector<int> ranked(const std::vector<double>& scores)
{
    std::vector<int> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return scores[size_t(a)] > scores[size_t(b)]; });
    return order;
}

std::vector<double> sigmoidScores(const ConclaveMoeWeights& w, std::span<const float> x)
{
    double squares = 0;
    for (const float value : x)
        squares += double(value) * double(value);
    const double root = std::sqrt(squares / double(x.size()) + double(w.rms_norm_eps));
    std::vector<float> normed;
    for (size_t i = 0; i < x.size(); ++i)
        normed.push_back(float(double(x[i]) / root * double(w.norm[i])));

    std::vector<double> scores;
    for (int expert = 0; expert < w.n_experts; ++expert) {
        double logit = 0;
        for (size_t i = 0; i < x.size(); ++i) {
            float weight = 0; // mapped bytes have no alignment
            std::memcpy(&weight, static_cast<const char*>(w.router.data) + expert * w.router.row_bytes + i * 4, 4);
            logit += double(weight) * double(normed[i]);
        }
        scores.push_back(double(float(1 / (1 + std::exp(-double(float(logit)))))));
    }
    return scores;
}

} // namespace

ReferenceRoute referenceRoute(const ConclaveMoeWeights& w, std::span<const float> x)
{
    const std::vector<double> scores = sigmoidScores(w, x);
    std::vector<double> selection = scores;
    for (size_t e = 0; e < selection.size(); ++e)
        selection[e] = double(float(scores[e] + double(w.bias[e])));

    const int groupSize = w.n_experts / w.n_group;
    std::vector<double> groupScores;
    for (int group = 0; group < w.n_group; ++group) {
        std::vector<double> members(selection.begin() + group * groupSize, selection.begin() + (group + 1) * groupSize);
        std::sort(members.rbegin(), members.rend());
        groupScores.push_back(double(float(members[0] + members[1])));
    }
    ReferenceRoute route;
    const std::vector<int> bestGroups = ranked(groupScores);
    for (int i = 0; i < w.topk_group; ++i)
        route.groups |= 1U << bestGroups[size_t(i)];

    route.groupMargin = groupScores[size_t(bestGroups[size_t(w.topk_group - 1)])] -
                        groupScores[size_t(bestGroups[size_t(w.topk_group)])];
    std::vector<int> open;
    for (const int expert : ranked(selection)) {
        if (route.groups >> (expert / groupSize) & 1U)
            open.push_back(expert);
    }
    const size_t k = size_t(w.n_experts_used);
    route.ids.assign(open.begin(), open.begin() + w.n_experts_used);
    route.margin = selection[size_t(open[k - 1])] - selection[size_t(open[k])];
    double sum = 0;
    for (const int expert : route.ids)
        sum += scores[size_t(expert)];
    for (const int expert : route.ids)
        route.weights.push_back(scores[size_t(expert)] / sum * double(w.routed_scaling_factor));
    return route;
}
