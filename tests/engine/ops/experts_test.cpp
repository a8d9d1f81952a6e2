#include "ops/experts.hpp"

#include <gtest/gtest.h>

#include "op_backend.hpp"

namespace conclave
{

namespace
{

using Floats = std::vector<float>;

struct Case {
    DType dtype;
    MoeShape shape;
};

std::vector<Case> cases()
{
    MoeShape odd = {.hidden = 65, .n_experts = 12, .n_experts_used = 1, .width = 33};
    MoeShape v3 = {.hidden = 192, .n_experts = 32, .n_experts_used = 4, .width = 96, .shared_width = 96};
    v3.group_rule = conclave_group_top2_sum;
    v3.n_group = 4;
    v3.topk_group = 2;
    MoeShape v2 = {.hidden = 256, .n_experts = 12, .n_experts_used = 3, .width = 1408, .shared_width = 64};
    v2.score = conclave_score_softmax;
    v2.group_rule = conclave_group_max;
    v2.n_group = 3;
    v2.topk_group = 2;
    MoeShape qwen2 = {.hidden = 192, .n_experts = 12, .n_experts_used = 4, .width = 64, .shared_width = 128};
    qwen2.score = conclave_score_softmax;
    qwen2.shared_gate = true;
    MoeShape k_quant = {.hidden = 256, .n_experts = 9, .n_experts_used = 2, .width = 256, .shared_width = 512};
    MoeShape gpt_oss = {.hidden = 96, .n_experts = 12, .n_experts_used = 4, .width = 64, .score = conclave_score_logit};
    gpt_oss.biased = true;
    return {{DType::F32, odd},   {DType::F32, v3},       {DType::Q8_0, v3},     {DType::Q5_0, v2},
            {DType::F32, qwen2}, {DType::Q4_K, k_quant}, {DType::F32, gpt_oss}, {DType::MXFP4, gpt_oss}};
}

constexpr int32_t n_rows = 40;

struct Moe {
    explicit Moe(const Case& c)
        : numbers(4), layer(numbers, c.dtype, c.shape), x(numbers.floats(n_rows * c.shape.hidden, 1))
    {
    }

    SampleNumbers numbers;
    SampleMoe layer;
    Floats x;
};

/// moe of the first `rows` rows of x, and the routes it took.
Floats run_moe(OpBackend& backend, const Moe& m, int32_t rows, SampleRoutes& routes)
{
    const ConclaveMoeWeights w = m.layer.view();
    const ConclaveRoutes view = routes.view();
    Floats x(m.x.begin(), m.x.begin() + rows * w.hidden);
    EXPECT_EQ(backend->moe(backend.get(), &w, rows, x.data(), &view, backend.message()), conclave_ok) << backend.text();
    return x;
}

Floats run_experts(OpBackend& backend, const Moe& m, SampleRoutes& routes, const uint8_t* owned, int32_t with_shared)
{
    const ConclaveMoeWeights w = m.layer.view();
    const ConclaveRoutes view = routes.view();
    Floats out(m.x.size());
    EXPECT_EQ(backend->experts(backend.get(), &w, n_rows, m.x.data(), &view, owned, with_shared, out.data(),
                               backend.message()),
              conclave_ok)
        << backend.text();
    return out;
}

} // namespace

TEST(experts, route_then_experts_is_moe_bit_for_bit)
{
    for (const ConclaveOpTable* table : {conclave_reference_ops(), conclave_cpu_ops()})
        for (const Case& c : cases()) {
            const Moe m(c);
            const ConclaveMoeWeights w = m.layer.view();
            OpBackend backend(table, 2);
            SampleRoutes fused(n_rows, w.n_experts_used), apart(n_rows, w.n_experts_used);
            const Floats expected = run_moe(backend, m, n_rows, fused);
            const ConclaveRoutes view = apart.view();
            ASSERT_EQ(backend->route(backend.get(), &w, n_rows, m.x.data(), &view, nullptr), conclave_ok);
            EXPECT_EQ(apart.ids, fused.ids);
            EXPECT_EQ(apart.weights, fused.weights);
            EXPECT_EQ(apart.margins, fused.margins);
            EXPECT_EQ(apart.groups, fused.groups);
            Floats x = run_experts(backend, m, apart, nullptr, 1);
            for (size_t i = 0; i < x.size(); ++i)
                x[i] = m.x[i] + x[i];
            EXPECT_EQ(x, expected) << table->name;
        }
}

TEST(experts, owned_parts_sum_to_the_whole)
{
    for (const ConclaveOpTable* table : {conclave_reference_ops(), conclave_cpu_ops()})
        for (const Case& c : cases()) {
            const Moe m(c);
            OpBackend backend(table, 2);
            SampleRoutes routes(n_rows, c.shape.n_experts_used);
            run_moe(backend, m, n_rows, routes);
            const Floats whole = run_experts(backend, m, routes, nullptr, 1);
            Floats sum(whole.size());
            for (int part = 0; part < 3; ++part) {
                std::vector<uint8_t> owned(static_cast<size_t>(c.shape.n_experts));
                for (size_t e = 0; e < owned.size(); ++e)
                    owned[e] = e % 3 == static_cast<size_t>(part);
                const Floats partial = run_experts(backend, m, routes, owned.data(), part == 1);
                for (size_t i = 0; i < sum.size(); ++i)
                    sum[i] += partial[i];
            }
            EXPECT_LE(normalized_error(sum, whole), 1e-12);
            const std::vector<uint8_t> none(static_cast<size_t>(c.shape.n_experts));
            EXPECT_EQ(run_experts(backend, m, routes, none.data(), 0), Floats(whole.size()));
        }
}

TEST(experts, bits_do_not_depend_on_threads_nor_results_on_the_other_rows)
{
    for (const Case& c : cases()) {
        const Moe m(c);
        SampleRoutes routes(n_rows, c.shape.n_experts_used);
        OpBackend single(conclave_cpu_ops(), 1);
        const Floats expected = run_moe(single, m, n_rows, routes);
        for (const int n_threads : {2, 3}) {
            OpBackend backend(conclave_cpu_ops(), n_threads);
            SampleRoutes again(n_rows, c.shape.n_experts_used);
            EXPECT_EQ(run_moe(backend, m, n_rows, again), expected) << n_threads << " threads";
            EXPECT_EQ(again.ids, routes.ids);
            for (const int32_t rows : {1, 2, 31}) {
                SampleRoutes few(rows, c.shape.n_experts_used);
                const Floats part(expected.begin(), expected.begin() + rows * c.shape.hidden);
                EXPECT_LE(normalized_error(run_moe(backend, m, rows, few), part), 1e-7);
            }
        }
    }
}

TEST(experts, routes_may_lie_apart)
{
    const Moe m(cases()[1]);
    const ConclaveMoeWeights w = m.layer.view();
    SampleRoutes dense(n_rows, w.n_experts_used), spread(n_rows * 3, w.n_experts_used);
    OpBackend backend(conclave_cpu_ops(), 2);
    const Floats expected = run_moe(backend, m, n_rows, dense);
    ConclaveRoutes view = spread.view(); // as a trace keeps them: [row, layer of 3, k]
    view.row_stride_k *= 3;
    view.row_stride_one = 3;
    Floats x = m.x;
    ASSERT_EQ(backend->moe(backend.get(), &w, n_rows, x.data(), &view, nullptr), conclave_ok);
    EXPECT_EQ(x, expected);
    for (size_t i = 0; i < n_rows; ++i) {
        EXPECT_EQ(spread.margins[3 * i], dense.margins[i]);
        EXPECT_EQ(spread.groups[3 * i], dense.groups[i]);
        for (size_t j = 0; j < 4; ++j)
            EXPECT_EQ(spread.ids[3 * 4 * i + j], dense.ids[4 * i + j]);
    }
}

TEST(experts, a_route_to_an_expert_that_is_not_there_is_refused)
{
    const Moe m(cases()[0]);
    const ConclaveMoeWeights w = m.layer.view();
    SampleRoutes routes(1, 1);
    routes.ids[0] = 12;
    const ConclaveRoutes view = routes.view();
    Floats out(65);
    for (const ConclaveOpTable* table : {conclave_reference_ops(), conclave_cpu_ops()}) {
        OpBackend backend(table);
        EXPECT_EQ(backend->experts(backend.get(), &w, 1, m.x.data(), &view, nullptr, 1, out.data(), backend.message()),
                  conclave_invalid);
        EXPECT_NE(backend.text().find("expert 12"), std::string::npos);
    }
}

} // namespace conclave
