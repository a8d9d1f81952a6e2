#include "ops/router.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace conclave
{

namespace
{

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

/// What a group is worth: its best expert (V2), or the sum of its best two (V3).
float group_score(int32_t rule, const float* selection, int32_t n)
{
    float best = minus_infinity;
    float second = minus_infinity;
    for (int32_t i = 0; i < n; ++i) {
        if (selection[i] > best) {
            second = best;
            best = selection[i];
        } else {
            second = std::max(second, selection[i]);
        }
    }
    return rule == conclave_group_max || n < 2 ? best : best + second;
}

/// The lead of `a`, which is not below `b`; 0 for equal ones, infinite ones included.
float lead(float a, float b)
{
    return a == b ? 0.0f : a - b;
}

/// The topk_group best groups, and by how much the worst of them leads the best of the others.
struct OpenGroups {
    uint32_t mask = 1;
    float margin = std::numeric_limits<float>::infinity();
};

OpenGroups best_groups(const ConclaveMoeWeights& w, const float* selection)
{
    const int32_t size = w.n_experts / w.n_group;
    float score[32];
    for (int32_t g = 0; g < w.n_group; ++g)
        score[g] = group_score(w.group_rule, selection + g * size, size);
    OpenGroups open = {.mask = 0};
    const auto best_closed = [&] {
        int32_t best = -1;
        for (int32_t g = 0; g < w.n_group; ++g)
            if (!(open.mask >> g & 1u) && (best < 0 || score[g] > score[best]))
                best = g;
        return best;
    };
    int32_t worst = 0;
    for (int32_t chosen = 0; chosen < w.topk_group; ++chosen) {
        worst = best_closed();
        open.mask |= 1u << worst;
    }
    if (const int32_t next = best_closed(); next >= 0)
        open.margin = lead(score[worst], score[next]);
    return open;
}

/// scores may be logits.
void softmax(const float* logits, int32_t n, float* scores)
{
    float largest = minus_infinity;
    for (int32_t i = 0; i < n; ++i)
        if (logits[i] > largest)
            largest = logits[i];
    // exp of a difference that may be −inf, NaN, or inf − inf.
    const auto weight = [&](float logit) {
        if (std::isnan(logit) || logit == minus_infinity)
            return 0.0;
        return logit == largest ? 1.0 : std::exp(static_cast<double>(logit) - largest);
    };
    double sum = 0;
    for (int32_t i = 0; i < n; ++i)
        sum += weight(logits[i]);
    for (int32_t i = 0; i < n; ++i) {
        if (std::isnan(logits[i]))
            scores[i] = logits[i];
        else
            scores[i] = sum > 0 ? static_cast<float>(weight(logits[i]) / sum) : 0.0f;
    }
}

} // namespace

float sigmoid(float x)
{
    return static_cast<float>(1.0 / (1.0 + std::exp(-static_cast<double>(x))));
}

void router_scores(int32_t score, const float* logits, int32_t n, float* scores)
{
    if (score == conclave_score_sigmoid) {
        for (int32_t i = 0; i < n; ++i)
            scores[i] = sigmoid(logits[i]);
        return;
    }
    if (score == conclave_score_logit) {
        std::copy_n(logits, n, scores);
        return;
    }
    softmax(logits, n, scores);
}

void select_experts(const ConclaveMoeWeights& w, const float* scores, float* selection, const RouteRow& out)
{
    for (int32_t e = 0; e < w.n_experts; ++e) {
        const float s = w.bias ? scores[e] + w.bias[e] : scores[e];
        selection[e] = std::isnan(s) ? minus_infinity : s;
    }
    const bool grouped = w.group_rule != conclave_group_none && w.n_group > 1;
    const OpenGroups groups = grouped ? best_groups(w, selection) : OpenGroups();
    *out.groups = groups.mask;
    if (out.group_margin)
        *out.group_margin = groups.margin;
    const int32_t group_size = grouped ? w.n_experts / w.n_group : w.n_experts;

    // Insertion into a list of k: one pass, and an equal score never displaces a lower id.
    const int32_t k = w.n_experts_used;
    int32_t held = 0;
    float runner_up = minus_infinity;
    bool any_left = false;
    for (int32_t e = 0; e < w.n_experts; ++e) {
        const bool open = *out.groups >> (e / group_size) & 1u;
        if (!open)
            continue; // as if at −inf: 0 would beat a negative biased score
        float pushed = selection[e];
        int32_t at = held;
        while (at > 0 && pushed > selection[out.ids[at - 1]])
            --at;
        if (held == k) {
            any_left = true;
            if (at < k)
                pushed = selection[out.ids[k - 1]];
            runner_up = std::max(runner_up, pushed);
        } else {
            ++held;
        }
        if (at < k) {
            for (int32_t j = held - 1; j > at; --j)
                out.ids[j] = out.ids[j - 1];
            out.ids[at] = static_cast<uint16_t>(e);
        }
    }
    const float last = selection[out.ids[k - 1]];
    *out.margin = any_left ? lead(last, runner_up) : std::numeric_limits<float>::infinity();

    if (w.score == conclave_score_logit) {
        for (int32_t j = 0; j < k; ++j)
            out.weights[j] = scores[out.ids[j]];
        softmax(out.weights, k, out.weights);
    }
    double sum = 0;
    for (int32_t j = 0; j < k; ++j) {
        const float s = w.score == conclave_score_logit ? out.weights[j] : scores[out.ids[j]];
        out.weights[j] = std::isnan(s) ? 0.0f : s;
        sum += out.weights[j];
    }
    const bool normalize = w.norm_topk_prob && w.score != conclave_score_logit;
    const double scale = (normalize ? 1.0 / (sum + 1e-20) : 1.0) * w.routed_scaling_factor;
    for (int32_t j = 0; j < k; ++j)
        out.weights[j] = static_cast<float>(out.weights[j] * scale);
}

} // namespace conclave
