#include "ops/router.hpp"

#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <limits>
#include <nlohmann/json.hpp>

#include "op_backend.hpp"

namespace conclave
{

namespace
{

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

nlohmann::json golden()
{
    std::ifstream file(CONCLAVE_SOURCE_DIR "/tests/golden/ops/router.json");
    return nlohmann::json::parse(file);
}

/// The rule of a golden case; bias must outlive it.
ConclaveMoeWeights rule_of(const nlohmann::json& c, const std::vector<float>& bias)
{
    const std::string rule = c.at("group_rule");
    ConclaveMoeWeights w = {};
    w.n_experts = c.at("n_experts");
    w.n_experts_used = c.at("k");
    w.score = c.at("score") == "sigmoid" ? conclave_score_sigmoid : conclave_score_softmax;
    w.group_rule = rule == "max"        ? conclave_group_max
                   : rule == "top2_sum" ? conclave_group_top2_sum
                                        : conclave_group_none;
    w.n_group = c.at("n_group");
    w.topk_group = c.at("topk_group");
    w.norm_topk_prob = c.at("norm_topk_prob") ? 1 : 0;
    w.routed_scaling_factor = c.at("scale");
    w.bias = bias.empty() ? nullptr : bias.data();
    return w;
}

/// One row's decision on given logits.
struct Decision {
    std::vector<uint16_t> ids;
    std::vector<float> weights;
    float margin = 0;
    uint32_t groups = 0;
    float group_margin = 0;
};

Decision decide(const ConclaveMoeWeights& w, const std::vector<float>& logits)
{
    std::vector<float> scores(logits.size()), selection(logits.size());
    router_scores(w.score, logits.data(), w.n_experts, scores.data());
    Decision d;
    d.ids.resize(static_cast<size_t>(w.n_experts_used));
    d.weights.resize(d.ids.size());
    select_experts(w, scores.data(), selection.data(),
                   {d.ids.data(), d.weights.data(), &d.margin, &d.groups, &d.group_margin});
    return d;
}

ConclaveMoeWeights simple_rule(int32_t n_experts, int32_t k, ConclaveScore score)
{
    ConclaveMoeWeights w = {};
    w.n_experts = n_experts;
    w.n_experts_used = k;
    w.score = score;
    w.n_group = w.topk_group = 1;
    w.routed_scaling_factor = 1;
    return w;
}

} // namespace

TEST(router, logits_choose_and_the_softmax_of_the_chosen_weighs)
{
    ConclaveMoeWeights w = {};
    w.n_experts = 5;
    w.n_experts_used = 2;
    w.score = conclave_score_logit;
    w.routed_scaling_factor = 1;
    // So far apart that a softmax over all would make zeros of both.
    const Decision d = decide(w, {-300, -200, 400, -201, -300});
    EXPECT_EQ(d.ids, (std::vector<uint16_t>{2, 1}));
    EXPECT_EQ(d.weights, (std::vector<float>{1, 0}));
    const Decision near = decide(w, {1, 3, 2, 0, 2.5f});
    EXPECT_EQ(near.ids, (std::vector<uint16_t>{1, 4}));
    EXPECT_FLOAT_EQ(near.weights[0], 1 / (1 + std::exp(-0.5f)));
    EXPECT_FLOAT_EQ(near.weights[1], 1 / (1 + std::exp(0.5f)));
    EXPECT_FLOAT_EQ(near.margin, 0.5f);
}

TEST(router, decides_as_the_published_code)
{
    const nlohmann::json file = golden();
    size_t n_rows = 0;
    for (const nlohmann::json& c : file.at("cases")) {
        const std::vector<float> bias = c.at("bias");
        const ConclaveMoeWeights w = rule_of(c, bias);
        for (size_t row = 0; row < c.at("logits").size(); ++row, ++n_rows) {
            SCOPED_TRACE(c.at("name").get<std::string>() + " row " + std::to_string(row));
            const Decision d = decide(w, c.at("logits")[row]);
            EXPECT_EQ(d.ids, c.at("ids")[row].get<std::vector<uint16_t>>());
            EXPECT_EQ(d.groups, c.at("groups")[row].get<uint32_t>());
            for (size_t j = 0; j < d.weights.size(); ++j)
                EXPECT_NEAR(d.weights[j], c.at("weights")[row][j].get<float>(), 1e-5);
            const nlohmann::json& margin = c.at("margins")[row];
            if (margin.is_null())
                EXPECT_EQ(d.margin, infinity);
            else
                EXPECT_NEAR(d.margin, margin.get<float>(), 1e-6);
        }
    }
    EXPECT_GE(n_rows, 150u);
}

TEST(router, whole_layer_decides_as_the_published_code)
{
    const nlohmann::json c = golden().at("layer");
    const std::vector<float> bias = c.at("bias"), norm = c.at("norm"), router = c.at("router"), x = c.at("x");
    const int32_t hidden = c.at("hidden");
    const int32_t n_rows = static_cast<int32_t>(x.size()) / hidden;
    SampleNumbers numbers(1);
    MoeShape shape;
    shape.hidden = hidden;
    const SampleMoe layer(numbers, DType::F32, shape); // its experts are not asked
    ConclaveMoeWeights w = layer.view();
    const ConclaveMoeWeights rule = rule_of(c, bias);
    w.bias = rule.bias;
    w.norm = norm.data();
    w.router.data = router.data();
    w.group_rule = rule.group_rule;
    w.n_group = rule.n_group;
    w.topk_group = rule.topk_group;
    w.n_experts_used = rule.n_experts_used;
    w.routed_scaling_factor = rule.routed_scaling_factor;
    for (const ConclaveOpTable* table : {conclave_reference_ops(), conclave_cpu_ops()}) {
        SCOPED_TRACE(table->name);
        OpBackend backend(table);
        SampleRoutes routes(n_rows, w.n_experts_used);
        const ConclaveRoutes view = routes.view();
        ASSERT_EQ(backend->route(backend.get(), &w, n_rows, x.data(), &view, backend.message()), conclave_ok)
            << backend.text();
        for (int32_t row = 0; row < n_rows; ++row) {
            EXPECT_EQ(routes.groups[static_cast<size_t>(row)],
                      c.at("groups")[static_cast<size_t>(row)].get<uint32_t>());
            for (int32_t j = 0; j < w.n_experts_used; ++j) {
                const size_t at = static_cast<size_t>(row * w.n_experts_used + j);
                EXPECT_EQ(routes.ids[at], c.at("ids")[static_cast<size_t>(row)][static_cast<size_t>(j)].get<int>());
                EXPECT_NEAR(routes.weights[at],
                            c.at("weights")[static_cast<size_t>(row)][static_cast<size_t>(j)].get<float>(), 1e-5);
            }
        }
    }
}

TEST(router, ties_go_to_the_lower_expert_and_the_lower_group)
{
    ConclaveMoeWeights w = simple_rule(8, 3, conclave_score_softmax);
    EXPECT_EQ(decide(w, std::vector<float>(8, 0.25f)).ids, (std::vector<uint16_t>{0, 1, 2}));
    EXPECT_EQ(decide(w, std::vector<float>(8, 0.25f)).margin, 0.0f);
    EXPECT_EQ(decide(w, {0, 1, 0, 1, 0, 1, 0, 1}).ids, (std::vector<uint16_t>{1, 3, 5}));
    w.group_rule = conclave_group_top2_sum;
    w.n_group = 4;
    w.topk_group = 2;
    const Decision d = decide(w, {0, 0, 1, 0, 0, 1, 0, 1});
    EXPECT_EQ(d.groups, 0b0110u);
    EXPECT_EQ(d.ids, (std::vector<uint16_t>{2, 5, 3}));
}

TEST(router, bias_selects_but_never_weighs)
{
    ConclaveMoeWeights w = simple_rule(4, 2, conclave_score_sigmoid);
    const std::vector<float> bias = {0, 0, 5, 0};
    const std::vector<float> logits = {1, 2, -3, 0};
    w.bias = bias.data();
    const Decision d = decide(w, logits);
    EXPECT_EQ(d.ids, (std::vector<uint16_t>{2, 1}));
    EXPECT_FLOAT_EQ(d.weights[0], 1 / (1 + std::exp(3.0f)));
    EXPECT_FLOAT_EQ(d.weights[1], 1 / (1 + std::exp(-2.0f)));
}

TEST(router, weights_that_sum_to_nothing_stay_finite)
{
    ConclaveMoeWeights w = simple_rule(4, 2, conclave_score_sigmoid);
    w.norm_topk_prob = 1;
    const Decision d = decide(w, std::vector<float>(4, -1000));
    EXPECT_EQ(d.ids, (std::vector<uint16_t>{0, 1}));
    EXPECT_EQ(d.weights, (std::vector<float>{0, 0}));
}

TEST(router, not_a_number_is_chosen_last_and_weighs_nothing)
{
    for (const ConclaveScore score : {conclave_score_softmax, conclave_score_sigmoid}) {
        const ConclaveMoeWeights w = simple_rule(4, 2, score);
        const Decision d = decide(w, {nan, 1, nan, 2});
        EXPECT_EQ(d.ids, (std::vector<uint16_t>{3, 1}));
        EXPECT_TRUE(std::isfinite(d.weights[0]) && std::isfinite(d.weights[1]));
        EXPECT_EQ(d.margin, infinity); // what is left is at minus infinity
        const Decision all = decide(w, std::vector<float>(4, nan));
        EXPECT_EQ(all.ids, (std::vector<uint16_t>{0, 1}));
        EXPECT_EQ(all.weights, (std::vector<float>{0, 0}));
        EXPECT_EQ(all.margin, 0.0f);
    }
    const Decision one = decide(simple_rule(4, 2, conclave_score_softmax), {nan, 1, 1, -infinity});
    EXPECT_EQ(one.weights, (std::vector<float>{0.5f, 0.5f}));
}

TEST(router, infinite_logits_have_a_defined_score)
{
    const Decision d = decide(simple_rule(4, 3, conclave_score_softmax), {0, infinity, 5, infinity});
    EXPECT_EQ(d.ids, (std::vector<uint16_t>{1, 3, 0}));
    EXPECT_EQ(d.weights, (std::vector<float>{0.5f, 0.5f, 0}));
    const Decision none = decide(simple_rule(3, 1, conclave_score_softmax), {-infinity, -infinity, -infinity});
    EXPECT_EQ(none.ids, (std::vector<uint16_t>{0}));
    EXPECT_EQ(none.weights, (std::vector<float>{0}));
    const Decision sigmoid = decide(simple_rule(3, 2, conclave_score_sigmoid), {-infinity, infinity, 0});
    EXPECT_EQ(sigmoid.ids, (std::vector<uint16_t>{1, 2}));
    EXPECT_EQ(sigmoid.weights, (std::vector<float>{1, 0.5f}));
}

TEST(router, margin_is_infinite_when_every_open_expert_is_chosen)
{
    ConclaveMoeWeights w = simple_rule(8, 4, conclave_score_sigmoid);
    w.group_rule = conclave_group_max;
    w.n_group = 4;
    w.topk_group = 2;
    EXPECT_EQ(decide(w, {0, 1, 2, 3, 4, 5, 6, 7}).margin, infinity);
    EXPECT_EQ(decide(simple_rule(3, 3, conclave_score_softmax), {1, 2, 3}).margin, infinity);
}

TEST(router, group_margin_is_the_lead_of_the_worst_open_group)
{
    const std::vector<float> logits = {0, 1, 2, 3, 4, 5, 6, 7};
    const auto score = [](double logit) { return 1 / (1 + std::exp(-logit)); };
    ConclaveMoeWeights w = simple_rule(8, 2, conclave_score_sigmoid);
    EXPECT_EQ(decide(w, logits).group_margin, infinity) << "no groups";
    w.group_rule = conclave_group_max;
    w.n_group = 4;
    w.topk_group = 2;
    EXPECT_NEAR(decide(w, logits).group_margin, score(5) - score(3), 1e-6);
    w.group_rule = conclave_group_top2_sum;
    EXPECT_NEAR(decide(w, logits).group_margin, score(5) + score(4) - score(3) - score(2), 1e-6);
    EXPECT_EQ(decide(w, std::vector<float>(8, 1)).group_margin, 0.0f);
    EXPECT_EQ(decide(w, std::vector<float>(8, nan)).group_margin, 0.0f);
    w.topk_group = 4;
    EXPECT_EQ(decide(w, logits).group_margin, infinity) << "none is closed";
}

TEST(router, both_backends_choose_the_same_experts_on_a_large_layer)
{
    SampleNumbers numbers(11);
    MoeShape shape;
    shape.hidden = 2048;
    shape.n_experts = 256;
    shape.n_experts_used = 8;
    shape.width = 32;
    shape.group_rule = conclave_group_top2_sum;
    shape.n_group = 8;
    shape.topk_group = 4;
    const SampleMoe layer(numbers, DType::Q8_0, shape);
    const ConclaveMoeWeights w = layer.view();
    constexpr int32_t n_rows = 96;
    const std::vector<float> x = numbers.floats(n_rows * shape.hidden, 1);
    OpBackend reference(conclave_reference_ops()), cpu(conclave_cpu_ops(), 2);
    SampleRoutes expected(n_rows, 8), got(n_rows, 8);
    const ConclaveRoutes expected_view = expected.view(), got_view = got.view();
    ASSERT_EQ(reference->route(reference.get(), &w, n_rows, x.data(), &expected_view, nullptr), conclave_ok);
    ASSERT_EQ(cpu->route(cpu.get(), &w, n_rows, x.data(), &got_view, nullptr), conclave_ok);
    EXPECT_EQ(expected.ids, got.ids);
    EXPECT_EQ(expected.groups, got.groups);
    EXPECT_EQ(expected.group_margins, got.group_margins);
    EXPECT_LE(normalized_error(got.weights, expected.weights), 1e-13);
}

} // namespace conclave
