#include "ops/sample_layers.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace conclave
{

namespace
{

std::vector<float> around_one(SampleNumbers& numbers, int64_t n)
{
    std::vector<float> values(static_cast<size_t>(n));
    for (float& v : values)
        v = numbers.uniform(0.5f, 1.5f);
    return values;
}

std::vector<float> inverse_frequencies(int32_t n_dims)
{
    std::vector<float> values;
    for (int32_t i = 0; i < n_dims / 2; ++i)
        values.push_back(static_cast<float>(std::pow(10000.0, -2.0 * i / n_dims)));
    return values;
}

} // namespace

SampleMla::SampleMla(SampleNumbers& numbers, DType dtype, const MlaShape& s)
    : shape(s), attn_norm(around_one(numbers, s.hidden)), kv_a_norm(around_one(numbers, s.kv_lora_rank))
{
    const int64_t q_rows = static_cast<int64_t>(s.n_head) * (s.nope + s.rope);
    if (s.q_lora_rank > 0) {
        q_a_norm = around_one(numbers, s.q_lora_rank);
        q_a = sample_matrix(numbers, dtype, 1, s.q_lora_rank, s.hidden);
        q_b = sample_matrix(numbers, dtype, 1, q_rows, s.q_lora_rank);
    } else {
        q = sample_matrix(numbers, dtype, 1, q_rows, s.hidden);
    }
    kv_a = sample_matrix(numbers, dtype, 1, s.kv_lora_rank + s.rope, s.hidden);
    k_b = sample_matrix(numbers, dtype, s.n_head, s.kv_lora_rank, s.nope);
    v_b = sample_matrix(numbers, dtype, s.n_head, s.v_head_dim, s.kv_lora_rank);
    o = sample_matrix(numbers, dtype, 1, s.hidden, static_cast<int64_t>(s.n_head) * s.v_head_dim);
    inverse_frequency = inverse_frequencies(s.rope);
}

ConclaveMlaWeights SampleMla::view() const
{
    ConclaveMlaWeights w = {};
    w.size = sizeof w;
    w.attn_norm = attn_norm.data();
    w.q_a_norm = q_a_norm.data();
    w.kv_a_norm = kv_a_norm.data();
    w.q = q.view();
    w.q_a = q_a.view();
    w.q_b = q_b.view();
    w.kv_a = kv_a.view();
    w.k_b = k_b.view();
    w.v_b = v_b.view();
    w.o = o.view();
    w.hidden = shape.hidden;
    w.n_head = shape.n_head;
    w.qk_nope_head_dim = shape.nope;
    w.qk_rope_head_dim = shape.rope;
    w.v_head_dim = shape.v_head_dim;
    w.kv_lora_rank = shape.kv_lora_rank;
    w.q_lora_rank = shape.q_lora_rank;
    w.rms_norm_eps = 1e-6f;
    w.softmax_scale = 1.0f / std::sqrt(static_cast<float>(shape.nope + shape.rope));
    w.rope = {inverse_frequency.data(), shape.rope, shape.interleaved ? 1 : 0, 1.0f};
    return w;
}

SampleGqa::SampleGqa(SampleNumbers& numbers, DType dtype, const GqaShape& s)
    : shape(s), attn_norm(around_one(numbers, s.hidden)), inverse_frequency(inverse_frequencies(s.n_rot))
{
    const int64_t q_rows = static_cast<int64_t>(s.n_head) * s.head_dim;
    const int64_t kv_rows = static_cast<int64_t>(s.n_head_kv) * s.head_dim;
    q = sample_matrix(numbers, dtype, 1, q_rows, s.hidden);
    k = sample_matrix(numbers, dtype, 1, kv_rows, s.hidden);
    v = sample_matrix(numbers, dtype, 1, kv_rows, s.hidden);
    o = sample_matrix(numbers, dtype, 1, s.hidden, q_rows);
    if (s.bias) {
        q_bias = numbers.floats(q_rows, 0.5f);
        k_bias = numbers.floats(kv_rows, 0.5f);
        v_bias = numbers.floats(kv_rows, 0.5f);
    }
    if (s.output_bias)
        o_bias = numbers.floats(s.hidden, 0.5f);
    if (s.sinks)
        sinks = numbers.floats(s.n_head, 1.0f);
    if (s.qk_norm != conclave_qk_norm_none) {
        q_norm = around_one(numbers, s.qk_norm == conclave_qk_norm_row ? q_rows : s.head_dim);
        k_norm = around_one(numbers, s.qk_norm == conclave_qk_norm_row ? kv_rows : s.head_dim);
    }
}

ConclaveGqaWeights SampleGqa::view() const
{
    const auto pointer = [](const std::vector<float>& values) { return values.empty() ? nullptr : values.data(); };
    ConclaveGqaWeights w = {};
    w.size = sizeof w;
    w.attn_norm = attn_norm.data();
    w.q = q.view();
    w.k = k.view();
    w.v = v.view();
    w.o = o.view();
    w.q_bias = pointer(q_bias);
    w.k_bias = pointer(k_bias);
    w.v_bias = pointer(v_bias);
    w.q_norm = pointer(q_norm);
    w.k_norm = pointer(k_norm);
    w.qk_norm = shape.qk_norm;
    w.hidden = shape.hidden;
    w.n_head = shape.n_head;
    w.n_head_kv = shape.n_head_kv;
    w.head_dim = shape.head_dim;
    w.rms_norm_eps = 1e-6f;
    w.softmax_scale = 1.0f / std::sqrt(static_cast<float>(shape.head_dim));
    w.rope = {inverse_frequency.data(), shape.n_rot, shape.interleaved ? 1 : 0, 1.0f};
    w.o_bias = pointer(o_bias);
    w.sinks = pointer(sinks);
    w.window = shape.window;
    return w;
}

SampleMlp::SampleMlp(SampleNumbers& numbers, DType dtype, int32_t hidden_, int32_t width)
    : hidden(hidden_), norm(around_one(numbers, hidden_)), gate(sample_matrix(numbers, dtype, 1, width, hidden_)),
      up(sample_matrix(numbers, dtype, 1, width, hidden_)), down(sample_matrix(numbers, dtype, 1, hidden_, width))
{
}

ConclaveMlpWeights SampleMlp::view() const
{
    return {sizeof(ConclaveMlpWeights), norm.data(), gate.view(), up.view(), down.view(), hidden, 1e-6f};
}

SampleMtp::SampleMtp(SampleNumbers& numbers, DType dtype, int32_t n_vocab, int32_t hidden_)
    : hidden(hidden_), enorm(around_one(numbers, hidden_)), hnorm(around_one(numbers, hidden_)),
      embedding(sample_matrix(numbers, dtype, 1, n_vocab, hidden_)),
      eh_proj(sample_matrix(numbers, dtype, 1, hidden_, 2 * static_cast<int64_t>(hidden_)))
{
}

ConclaveMtpWeights SampleMtp::view() const
{
    return {sizeof(ConclaveMtpWeights), embedding.view(), enorm.data(), hnorm.data(), eh_proj.view(), hidden, 1e-6f};
}

SampleMoe::SampleMoe(SampleNumbers& numbers, DType dtype, const MoeShape& s)
    : shape(s), norm(around_one(numbers, s.hidden)),
      bias(s.score == conclave_score_sigmoid ? numbers.floats(s.n_experts, 0.1f) : std::vector<float>()),
      router(sample_matrix(numbers, DType::F32, 1, s.n_experts, s.hidden)),
      gate(sample_matrix(numbers, dtype, s.n_experts, s.width, s.hidden)),
      up(sample_matrix(numbers, dtype, s.n_experts, s.width, s.hidden)),
      down(sample_matrix(numbers, dtype, s.n_experts, s.hidden, s.width))
{
    if (s.shared_width > 0) {
        gate_shared = sample_matrix(numbers, dtype, 1, s.shared_width, s.hidden);
        up_shared = sample_matrix(numbers, dtype, 1, s.shared_width, s.hidden);
        down_shared = sample_matrix(numbers, dtype, 1, s.hidden, s.shared_width);
        if (s.shared_gate)
            shared_gate = sample_matrix(numbers, DType::F32, 1, 1, s.hidden);
    }
    if (s.biased) {
        router_bias = numbers.floats(s.n_experts, 0.5f);
        gate_bias = numbers.floats(static_cast<int64_t>(s.n_experts) * s.width, 0.5f);
        up_bias = numbers.floats(static_cast<int64_t>(s.n_experts) * s.width, 0.5f);
        down_bias = numbers.floats(static_cast<int64_t>(s.n_experts) * s.hidden, 0.5f);
    }
}

ConclaveMoeWeights SampleMoe::view() const
{
    ConclaveMoeWeights w = {};
    w.size = sizeof w;
    w.norm = norm.data();
    w.router = router.view();
    w.bias = bias.empty() ? nullptr : bias.data();
    w.gate_exps = gate.view();
    w.up_exps = up.view();
    w.down_exps = down.view();
    w.gate_shexp = gate_shared.view();
    w.up_shexp = up_shared.view();
    w.down_shexp = down_shared.view();
    w.shexp_gate = shared_gate.view();
    w.hidden = shape.hidden;
    w.n_experts = shape.n_experts;
    w.n_experts_used = shape.n_experts_used;
    w.score = shape.score;
    w.group_rule = shape.group_rule;
    w.n_group = shape.n_group;
    w.topk_group = shape.topk_group;
    w.norm_topk_prob = shape.score == conclave_score_sigmoid;
    w.routed_scaling_factor = shape.score == conclave_score_sigmoid ? 2.5f : 1.0f;
    w.rms_norm_eps = 1e-6f;
    if (shape.biased) {
        w.router_bias = router_bias.data();
        w.gate_exps_bias = gate_bias.data();
        w.up_exps_bias = up_bias.data();
        w.down_exps_bias = down_bias.data();
        w.activation = conclave_activation_clamped;
        w.activation_alpha = 1.702f;
        w.activation_limit = 1.5f; // low, so that the samples meet it
    }
    return w;
}

SampleCaches::SampleCaches(int32_t n_sequences, int32_t n_positions, int32_t page_rows, int32_t row_width, DType dtype)
{
    const int32_t n_pages = (n_positions + page_rows - 1) / page_rows;
    for (int32_t s = 0; s < n_sequences; ++s) {
        std::vector<void*> list;
        for (int32_t p = 0; p < n_pages; ++p) {
            // NaN where nothing was written: a read of the future shows.
            pages.emplace_back(static_cast<size_t>(page_rows) * row_width, std::numeric_limits<float>::quiet_NaN());
            list.push_back(pages.back().data());
        }
        page_lists.push_back(std::move(list));
    }
    for (const std::vector<void*>& list : page_lists)
        views.push_back({list.data(), n_pages, page_rows, row_width, static_cast<int32_t>(dtype)});
}

void SampleBatch::add(int32_t of_sequence, int32_t at_position, int32_t with_token)
{
    sequence.push_back(of_sequence);
    position.push_back(at_position);
    token.push_back(with_token);
}

ConclaveBatch SampleBatch::view() const
{
    return {sizeof(ConclaveBatch), static_cast<int32_t>(sequence.size()), sequence.data(), position.data(),
            token.data()};
}

double normalized_error(const std::vector<float>& a, const std::vector<float>& b)
{
    double error = 0;
    double norm = 0;
    for (size_t i = 0; i < b.size(); ++i) {
        const double difference = static_cast<double>(a[i]) - b[i];
        error += difference * difference;
        norm += static_cast<double>(b[i]) * b[i];
    }
    if (error == 0)
        return 0;
    return std::isfinite(error) && norm > 0 ? error / norm : std::numeric_limits<double>::infinity();
}

} // namespace conclave
