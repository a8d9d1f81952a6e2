#include "generated_weights.hpp"

#include <algorithm>
#include <cmath>

#include "tensor/f8_e4m3.hpp"

namespace conclave::gpu
{

namespace
{

constexpr int64_t sample_rows = 64;
constexpr uint64_t chunk_bytes = 4 << 20;
constexpr float f8_scale = 0x1p-10f; // samples of FP8 are larger by that

} // namespace

GeneratedWeights::GeneratedWeights(const OpPlace& place, const ModelShape& shape) : m_place(place), m_shape(shape) {}

Result<GeneratedWeights> GeneratedWeights::create(const OpPlace& place, const ModelShape& shape)
{
    GeneratedWeights made(place, shape);
    made.lay_out(); // counts
    auto memory = OpMemory::allocate(place, made.m_n_bytes);
    if (!memory) {
        return memory.error();
    }
    made.m_memory = *std::move(memory);
    made.m_n_bytes = 0;
    made.m_pieces.clear();
    made.lay_out();
    if (auto filled = made.fill(); !filled) {
        return filled.error();
    }
    return made;
}

std::byte* GeneratedWeights::take(uint64_t n_bytes)
{
    std::byte* piece = m_memory.data() + m_n_bytes;
    m_n_bytes += (n_bytes + 255) / 256 * 256;
    return piece;
}

ConclaveMatrix GeneratedWeights::matrix(DType dtype, int64_t n_rows, int64_t n_cols, int32_t n_matrices)
{
    const DTypeInfo& info = *dtype_info(dtype);
    const int64_t row_bytes = n_cols / info.block_size * info.block_bytes;
    const auto n_bytes = static_cast<uint64_t>(n_matrices * n_rows * row_bytes);
    ConclaveMatrix m = {take(n_bytes), static_cast<int32_t>(dtype), n_matrices, n_rows, n_cols,
                        row_bytes,     row_bytes * n_rows};
    m_pieces.push_back({static_cast<std::byte*>(const_cast<void*>(m.data)), n_bytes, dtype, n_cols, 0});
    if (dtype == DType::F8_E4M3) {
        const auto blocks = [](int64_t n) { return (n + f8_scale_block - 1) / f8_scale_block; };
        m.scale = constant(n_matrices * blocks(n_rows) * blocks(n_cols), f8_scale);
    }
    return m;
}

const float* GeneratedWeights::constant(int64_t n, float value)
{
    const uint64_t n_bytes = static_cast<uint64_t>(n) * sizeof(float);
    std::byte* to = take(n_bytes);
    m_pieces.push_back({to, n_bytes, DType::F32, 0, value});
    return reinterpret_cast<const float*>(to);
}

ConclaveMlaWeights GeneratedWeights::latent_attention()
{
    const ModelShape& s = m_shape;
    const int64_t q_rows = static_cast<int64_t>(s.n_head) * (s.nope + s.rope);
    ConclaveMlaWeights w = {};
    w.size = sizeof w;
    w.attn_norm = constant(s.hidden);
    w.kv_a_norm = constant(s.kv_lora_rank);
    if (s.q_lora_rank > 0) {
        w.q_a_norm = constant(s.q_lora_rank);
        w.q_a = matrix(s.dtype, s.q_lora_rank, s.hidden);
        w.q_b = matrix(s.dtype, q_rows, s.q_lora_rank);
    } else {
        w.q = matrix(s.dtype, q_rows, s.hidden);
    }
    // The halves of kv_b are 128 wide, which blocks of 256 do not divide.
    const DType half = dtype_info(s.dtype)->block_size > s.nope ? DType::Q8_0 : s.dtype;
    w.kv_a = matrix(s.dtype, s.kv_lora_rank + s.rope, s.hidden);
    w.k_b = matrix(half, s.kv_lora_rank, s.nope, s.n_head);
    w.v_b = matrix(half, s.v_head_dim, s.kv_lora_rank, s.n_head);
    w.o = matrix(s.dtype, s.hidden, static_cast<int64_t>(s.n_head) * s.v_head_dim);
    w.hidden = s.hidden;
    w.n_head = s.n_head;
    w.qk_nope_head_dim = s.nope;
    w.qk_rope_head_dim = s.rope;
    w.v_head_dim = s.v_head_dim;
    w.kv_lora_rank = s.kv_lora_rank;
    w.q_lora_rank = s.q_lora_rank;
    w.rms_norm_eps = 1e-6f;
    w.softmax_scale = 1 / std::sqrt(static_cast<float>(s.nope + s.rope));
    w.rope = {constant(s.rope / 2), s.rope, 0, 1};
    return w;
}

ConclaveGqaWeights GeneratedWeights::grouped_attention()
{
    const ModelShape& s = m_shape;
    ConclaveGqaWeights w = {};
    w.size = sizeof w;
    w.attn_norm = constant(s.hidden);
    w.q = matrix(s.dtype, static_cast<int64_t>(s.n_head) * s.head_dim, s.hidden);
    w.k = matrix(s.dtype, static_cast<int64_t>(s.n_head_kv) * s.head_dim, s.hidden);
    w.v = matrix(s.dtype, static_cast<int64_t>(s.n_head_kv) * s.head_dim, s.hidden);
    w.o = matrix(s.dtype, s.hidden, static_cast<int64_t>(s.n_head) * s.head_dim);
    w.hidden = s.hidden;
    w.n_head = s.n_head;
    w.n_head_kv = s.n_head_kv;
    w.head_dim = s.head_dim;
    w.rms_norm_eps = 1e-6f;
    w.softmax_scale = 1 / std::sqrt(static_cast<float>(s.head_dim));
    w.rope = {constant(s.head_dim / 2), s.head_dim, 0, 1};
    return w;
}

ConclaveMoeWeights GeneratedWeights::experts()
{
    const ModelShape& s = m_shape;
    ConclaveMoeWeights w = {};
    w.size = sizeof w;
    w.norm = constant(s.hidden);
    w.router = matrix(DType::F32, s.n_experts, s.hidden);
    w.gate_exps = matrix(s.dtype, s.expert_width, s.hidden, s.n_experts);
    w.up_exps = matrix(s.dtype, s.expert_width, s.hidden, s.n_experts);
    w.down_exps = matrix(s.down, s.hidden, s.expert_width, s.n_experts);
    if (s.shared_width > 0) {
        w.gate_shexp = matrix(s.dtype, s.shared_width, s.hidden);
        w.up_shexp = matrix(s.dtype, s.shared_width, s.hidden);
        w.down_shexp = matrix(s.down, s.hidden, s.shared_width);
    }
    w.hidden = s.hidden;
    w.n_experts = s.n_experts;
    w.n_experts_used = s.n_experts_used;
    w.norm_topk_prob = 1;
    w.routed_scaling_factor = 1;
    w.rms_norm_eps = 1e-6f;
    return w;
}

Layer GeneratedWeights::layer(int index)
{
    const ModelShape& s = m_shape;
    Layer out;
    out.token_mixer = s.kv_lora_rank > 0 ? TokenMixer(latent_attention()) : TokenMixer(grouped_attention());
    if (index >= s.n_dense_layers) {
        out.channel_mixer = experts();
        return out;
    }
    ConclaveMlpWeights w = {};
    w.size = sizeof w;
    w.norm = constant(s.hidden);
    w.gate = matrix(s.dtype, s.dense_width, s.hidden);
    w.up = matrix(s.dtype, s.dense_width, s.hidden);
    w.down =
        matrix(s.dense_width % dtype_info(s.down)->block_size == 0 ? s.down : DType::Q8_0, s.hidden, s.dense_width);
    w.hidden = s.hidden;
    w.rms_norm_eps = 1e-6f;
    out.channel_mixer = w;
    return out;
}

void GeneratedWeights::lay_out()
{
    m_weights = {};
    m_weights.hidden = m_shape.hidden;
    m_weights.n_vocab = m_shape.vocab;
    m_weights.rms_norm_eps = 1e-6f;
    m_weights.embedding = matrix(m_shape.head, m_shape.vocab, m_shape.hidden);
    m_weights.output = matrix(m_shape.head, m_shape.vocab, m_shape.hidden);
    m_weights.output_norm = constant(m_shape.hidden);
    for (int i = 0; i < m_shape.n_layers; ++i) {
        m_weights.layers.push_back(layer(i));
    }
}

Result<void> GeneratedWeights::repeat(std::byte* to, uint64_t n_bytes, const void* from, uint64_t n_from)
{
    for (uint64_t at = 0; at < n_bytes; at += n_from) {
        char text[256] = "";
        ConclaveMessage message{text, sizeof text};
        const ConclaveStatus status =
            m_place.device->upload(m_place.backend, to + at, from, std::min(n_from, n_bytes - at), &message);
        if (status != conclave_ok) {
            return backend_error(status, text);
        }
    }
    return {};
}

Result<void> GeneratedWeights::fill()
{
    SampleNumbers numbers(1);
    std::vector<float> values(chunk_bytes / sizeof(float));
    std::vector<uint8_t> rows;
    for (const Piece& piece : m_pieces) {
        if (piece.n_cols == 0) {
            std::ranges::fill(values, piece.value);
            if (auto done = repeat(piece.to, piece.n_bytes, values.data(), chunk_bytes); !done) {
                return done;
            }
            continue;
        }
        const auto [sample, is_new] = m_samples.try_emplace({piece.dtype, piece.n_cols});
        if (is_new) {
            sample->second = sample_matrix(numbers, piece.dtype, 1, sample_rows, piece.n_cols);
        }
        const ConclaveMatrix view = sample->second.view();
        const auto n_sample = static_cast<size_t>(view.matrix_bytes);
        rows.clear();
        while (rows.size() + n_sample <= std::max<size_t>(chunk_bytes, n_sample)) { // whole copies of the sample
            const auto* first = static_cast<const uint8_t*>(view.data);
            rows.insert(rows.end(), first, first + n_sample);
        }
        if (auto done = repeat(piece.to, piece.n_bytes, rows.data(), rows.size()); !done) {
            return done;
        }
    }
    return {};
}

} // namespace conclave::gpu
