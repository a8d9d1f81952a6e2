#include "ops/sample_layers.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "tensor/block_layout.hpp"
#include "tensor/f8_e4m3.hpp"

namespace conclave
{

namespace
{

// An odd first byte is what a mapped file may give.
constexpr size_t misalignment = 1;
// FP8 is published with scales that bring the largest weight of a block near the largest number.
constexpr float f8_gain = 1024;

/// The half nearest to a positive value below 65504, rounded towards zero.
uint16_t half_bits(float value)
{
    if (value < 0x1p-14f)
        return static_cast<uint16_t>(value * 0x1p24f);
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    return static_cast<uint16_t>(((bits >> 23) - 112) << 10 | (bits >> 13 & 0x3FFu));
}

void store_half(uint8_t* p, float value)
{
    const uint16_t bits = static_cast<uint16_t>(half_bits(std::abs(value)) | (value < 0 ? 0x8000u : 0u));
    std::memcpy(p, &bits, sizeof bits);
}

/// The E4M3 nearest towards zero.
uint8_t f8_bits(float value)
{
    const float magnitude = std::min(std::abs(value), 448.0f);
    const uint32_t bits = std::bit_cast<uint32_t>(magnitude);
    const uint32_t byte =
        magnitude < 0x1p-6f ? static_cast<uint32_t>(magnitude * 0x1p9f) : ((bits >> 23) - 120) << 3 | (bits >> 20 & 7u);
    return static_cast<uint8_t>(byte | (value < 0 ? 0x80u : 0u));
}

/// Where a block keeps its scale and minimum, and what makes random quants come out with mean 0 and root mean square
/// `rms`.
struct BlockScale {
    int scale_at;
    int minimum_at; ///< −1: none
    float rms;      ///< of the quants around their mean, scale 1
    float minimum;  ///< in units of the scale
};

BlockScale block_scale(DType dtype)
{
    switch (dtype) {
    case DType::Q4_0:
        return {q4_0::d, -1, 4.6f, 0};
    case DType::Q4_1:
        return {q4_1::d, q4_1::m, 4.6f, -7.5f};
    case DType::Q5_0:
        return {q5_0::d, -1, 9.2f, 0};
    case DType::Q5_1:
        return {q5_1::d, q5_1::m, 9.2f, -15.5f};
    case DType::Q8_0:
        return {q8_0::d, -1, 74.0f, 0};
    case DType::Q4_K:
        return {q4_k::d, q4_k::dmin, 256.0f, 7.5f};
    case DType::Q5_K:
        return {q5_k::d, q5_k::dmin, 530.0f, 15.5f};
    case DType::IQ4_NL:
        return {iq4_nl::d, -1, 67.0f, 0};
    case DType::MXFP4:
        return {mxfp4::e, -1, 5.8f, 0};
    case DType::Q2_K:
        return {q2_k::d, q2_k::dmin, 13.9f, 1.5f};
    case DType::Q3_K:
        return {q3_k::d, -1, 43.0f, 0};
    case DType::IQ4_XS:
        return {iq4_xs::d, -1, 1247.0f, 0};
    case DType::IQ1_S:
        return {iq1_s::d, -1, 7.2f, 0};
    case DType::IQ1_M:
        return {iq1_m::scales, -1, 7.2f, 0};
    case DType::IQ2_XXS:
    case DType::IQ2_XS:
    case DType::IQ2_S:
        return {0, -1, 55.0f, 0};
    case DType::IQ3_XXS:
    case DType::IQ3_S:
        return {0, -1, 141.0f, 0};
    case DType::TQ1_0:
        return {tq1_0::d, -1, 0.82f, 0};
    case DType::TQ2_0:
        return {tq2_0::d, -1, 1.2f, 0};
    default:
        return {q6_k::d, -1, 1366.0f, 0};
    }
}

/// Gives a block the scale d, where most types have a half.
void store_scale(DType dtype, uint8_t* block, int at, float d)
{
    if (dtype == DType::MXFP4) { // a power of two, halved
        block[at] = static_cast<uint8_t>((std::bit_cast<uint32_t>(d) >> 23) + 1);
    } else if (dtype == DType::IQ1_M) { // the upper nibbles of four words, the lowest first
        const uint16_t bits = half_bits(d);
        for (int i = 0; i < 4; ++i) {
            uint8_t& byte = block[at + 2 * i + 1];
            byte = static_cast<uint8_t>((byte & 0xF) | (bits >> (4 * i) & 0xF) << 4);
        }
    } else {
        store_half(block + at, d);
    }
}

void fill_floats(SampleNumbers& numbers, DType dtype, float rms, uint8_t* out, int64_t n)
{
    for (int64_t i = 0; i < n; ++i) {
        const float value = numbers.uniform(-rms, rms) * std::sqrt(3.0f);
        const uint32_t bits = std::bit_cast<uint32_t>(value);
        if (dtype == DType::F32)
            std::memcpy(out + 4 * i, &bits, 4);
        else if (dtype == DType::F16)
            store_half(out + 2 * i, value);
        else if (dtype == DType::F8_E4M3)
            out[i] = f8_bits(value * f8_gain);
        else
            std::memcpy(out + 2 * i, reinterpret_cast<const char*>(&bits) + 2, 2); // the upper half, little-endian
    }
}

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

uint64_t SampleNumbers::bits()
{
    uint64_t z = m_state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

float SampleNumbers::uniform(float low, float high)
{
    return low + (high - low) * (static_cast<float>(bits() >> 40) * 0x1p-24f);
}

std::vector<float> SampleNumbers::floats(int64_t n, float rms)
{
    std::vector<float> values(static_cast<size_t>(n));
    for (float& v : values) // four uniforms are bell-shaped enough, and have tails a quantiser feels
        v = (uniform(-1, 1) + uniform(-1, 1) + uniform(-1, 1) + uniform(-1, 1)) * rms * 0.866f;
    return values;
}

ConclaveMatrix SampleMatrix::view() const
{
    if (bytes.empty())
        return {};
    const DTypeInfo& type = *dtype_info(dtype);
    const int64_t row_bytes = n_cols / type.block_size * type.block_bytes;
    return {bytes.data() + misalignment,
            static_cast<int32_t>(dtype),
            n_matrices,
            n_rows,
            n_cols,
            row_bytes,
            row_bytes * n_rows,
            nullptr,
            scales.empty() ? nullptr : scales.data()};
}

SampleMatrix sample_matrix(SampleNumbers& numbers, DType dtype, int32_t n_matrices, int64_t n_rows, int64_t n_cols)
{
    SampleMatrix matrix;
    matrix.dtype = dtype;
    matrix.n_matrices = n_matrices;
    matrix.n_rows = n_rows;
    matrix.n_cols = n_cols;
    const DTypeInfo& type = *dtype_info(dtype);
    const int64_t n_blocks = n_matrices * n_rows * n_cols / type.block_size;
    matrix.bytes.resize(static_cast<size_t>(n_blocks * type.block_bytes) + misalignment);
    uint8_t* out = matrix.bytes.data() + misalignment;
    const float rms = 1.0f / std::sqrt(static_cast<float>(n_cols));
    if (type.block_size == 1) {
        fill_floats(numbers, dtype, rms, out, n_blocks);
        const auto per = [](int64_t n) { return (n + f8_scale_block - 1) / f8_scale_block; };
        for (int64_t i = 0; dtype == DType::F8_E4M3 && i < n_matrices * per(n_rows) * per(n_cols); ++i)
            matrix.scales.push_back(numbers.uniform(0.5f, 1.5f) / f8_gain);
        return matrix;
    }
    for (uint8_t& byte : matrix.bytes)
        byte = static_cast<uint8_t>(numbers.bits() >> 56);
    const BlockScale scale = block_scale(dtype);
    for (int64_t b = 0; b < n_blocks; ++b) {
        const float d = rms / scale.rms * numbers.uniform(0.5f, 1.5f);
        store_scale(dtype, out + b * type.block_bytes, scale.scale_at, d);
        if (scale.minimum_at >= 0)
            store_half(out + b * type.block_bytes + scale.minimum_at, d * scale.minimum);
    }
    return matrix;
}

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

SampleCaches::SampleCaches(int32_t n_sequences, int32_t n_positions, int32_t page_rows, int32_t row_width)
{
    const int32_t n_pages = (n_positions + page_rows - 1) / page_rows;
    for (int32_t s = 0; s < n_sequences; ++s) {
        std::vector<float*> list;
        for (int32_t p = 0; p < n_pages; ++p) {
            // NaN where nothing was written: a read of the future shows.
            pages.emplace_back(static_cast<size_t>(page_rows) * row_width, std::numeric_limits<float>::quiet_NaN());
            list.push_back(pages.back().data());
        }
        page_lists.push_back(std::move(list));
    }
    for (const std::vector<float*>& list : page_lists)
        views.push_back({list.data(), n_pages, page_rows, row_width});
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
