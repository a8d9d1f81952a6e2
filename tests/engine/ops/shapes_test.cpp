#include "ops/shapes.hpp"

#include <cstring>
#include <gtest/gtest.h>

#include "op_backend.hpp"

namespace conclave
{

namespace
{

/// The sentence a check answers with, empty when it passes.
template <class F>
std::string answer(F&& check)
{
    char text[256] = {};
    ConclaveMessage message = {text, sizeof text};
    const ConclaveStatus status = check(&message);
    EXPECT_EQ(status == conclave_ok, text[0] == 0);
    return text;
}

std::string check(const ConclaveMatrix& matrix)
{
    return answer([&](ConclaveMessage* m) { return check_matrix(matrix, "a matrix", 8, 64, 2, m); });
}

} // namespace

TEST(shapes, a_matrix_is_what_it_says)
{
    SampleNumbers numbers(1);
    const SampleMatrix sample = sample_matrix(numbers, DType::Q8_0, 2, 8, 64);
    const ConclaveMatrix good = sample.view();
    EXPECT_EQ(check(good), "");
    ConclaveMatrix bad = good;
    bad.data = nullptr;
    EXPECT_NE(check(bad).find("missing"), std::string::npos);
    bad = good;
    bad.dtype = 99;
    EXPECT_NE(check(bad).find("99"), std::string::npos);
    bad = good;
    bad.n_rows = 9;
    EXPECT_NE(check(bad).find("expected 2 × [8, 64]"), std::string::npos);
    bad = good;
    bad.n_rows = 0;
    EXPECT_NE(answer([&](ConclaveMessage* m) { return check_matrix(bad, "it", 0, 64, 2, m); }).find("no rows"),
              std::string::npos);
    bad = good;
    bad.n_matrices = 1;
    EXPECT_NE(check(bad), "");
    bad = good;
    bad.row_bytes = 67;
    EXPECT_NE(check(bad).find("67"), std::string::npos);
    bad = good;
    bad.dtype = static_cast<int32_t>(DType::Q4_K); // 64 columns are no whole block of 256
    EXPECT_NE(check(bad), "");
}

TEST(shapes, an_expert_layer_is_checked_before_it_runs)
{
    SampleNumbers numbers(1);
    MoeShape shape;
    shape.group_rule = conclave_group_max;
    shape.n_group = 3;
    shape.topk_group = 2;
    const SampleMoe layer(numbers, DType::F32, shape);
    const ConclaveMoeWeights good = layer.view();
    const auto check_layer = [](const ConclaveMoeWeights& w) {
        return answer([&](ConclaveMessage* m) { return check_moe(w, m); });
    };
    EXPECT_EQ(check_layer(good), "");
    ConclaveMoeWeights bad = good;
    bad.n_experts_used = 13;
    EXPECT_NE(check_layer(bad), "");
    bad = good;
    bad.n_group = 5;
    EXPECT_NE(check_layer(bad).find("groups"), std::string::npos);
    bad = good;
    bad.topk_group = 1;
    bad.n_experts_used = 5; // one open group of four
    EXPECT_NE(check_layer(bad).find("fewer experts"), std::string::npos);
    bad = good;
    bad.down_exps.n_cols = 32;
    EXPECT_NE(check_layer(bad).find("ffn_down_exps"), std::string::npos);
}

TEST(shapes, an_attention_layer_is_checked_before_it_runs)
{
    SampleNumbers numbers(1);
    MlaShape shape;
    shape.q_lora_rank = 32;
    const SampleMla layer(numbers, DType::F32, shape);
    const ConclaveMlaWeights good = layer.view();
    SampleCaches caches(1, 10, 8, shape.kv_lora_rank + shape.rope);
    SampleBatch rows;
    rows.add(0, 9);
    const auto check_layer = [&](const ConclaveMlaWeights& w) {
        return answer([&](ConclaveMessage* m) { return check_mla(w, rows.view(), caches.views.data(), m); });
    };
    EXPECT_EQ(check_layer(good), "");
    ConclaveMlaWeights bad = good;
    bad.q_b.data = nullptr;
    EXPECT_NE(check_layer(bad).find("attn_q_b"), std::string::npos);
    bad = good;
    bad.rope.n_dims = 8;
    EXPECT_NE(check_layer(bad).find("rope"), std::string::npos);
    bad = good;
    bad.kv_lora_rank = 8193;
    EXPECT_NE(check_layer(bad).find("8193"), std::string::npos);
    EXPECT_NE(check_layer(bad).find("above 8192"), std::string::npos);
    bad = good;
    bad.k_b.n_matrices = 1;
    EXPECT_NE(check_layer(bad).find("attn_k_b"), std::string::npos);
    caches.views[0].row_width = 70;
    EXPECT_NE(check_layer(good).find("no room"), std::string::npos);
}

} // namespace conclave
