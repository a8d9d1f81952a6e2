#pragma once

#include <cstdint>
#include <vector>

#include "ops/op_table.hpp"
#include "ops/sample_matrix.hpp"
#include "tensor/dtype.hpp"

namespace conclave
{

struct MlaShape {
    int32_t hidden = 256, n_head = 2, nope = 64, rope = 16, v_head_dim = 64, kv_lora_rank = 64;
    int32_t q_lora_rank = 0; ///< 0: queries straight from the hidden state
    bool interleaved = true;
};

/// A random attention layer; view() points into it.
struct SampleMla {
    SampleMla(SampleNumbers& numbers, DType dtype, const MlaShape& shape);
    ConclaveMlaWeights view() const;

    MlaShape shape;
    std::vector<float> attn_norm, q_a_norm, kv_a_norm, inverse_frequency;
    SampleMatrix q, q_a, q_b, kv_a, k_b, v_b, o;
};

struct GqaShape {
    int32_t hidden = 256, n_head = 4, n_head_kv = 2, head_dim = 64;
    int32_t n_rot = 64; ///< of a head, what RoPE turns
    bool bias = false;
    ConclaveQkNorm qk_norm = conclave_qk_norm_none;
    bool interleaved = false;
    bool output_bias = false;
    bool sinks = false;
    int32_t window = 0;
};

/// A random grouped-query attention layer; view() points into it.
struct SampleGqa {
    SampleGqa(SampleNumbers& numbers, DType dtype, const GqaShape& shape);
    ConclaveGqaWeights view() const;

    GqaShape shape;
    std::vector<float> attn_norm, q_bias, k_bias, v_bias, o_bias, q_norm, k_norm, sinks, inverse_frequency;
    SampleMatrix q, k, v, o;
};

struct SampleMlp {
    SampleMlp(SampleNumbers& numbers, DType dtype, int32_t hidden, int32_t width);
    ConclaveMlpWeights view() const;

    int32_t hidden;
    std::vector<float> norm;
    SampleMatrix gate, up, down;
};

struct MoeShape {
    int32_t hidden = 256, n_experts = 12, n_experts_used = 3, width = 64;
    int32_t shared_width = 0; ///< 0: no shared expert
    bool shared_gate = false; ///< the shared expert is weighed by a gate
    ConclaveScore score = conclave_score_sigmoid;
    bool biased = false; ///< router and routed experts have biases, and gates are clamped
    ConclaveGroupRule group_rule = conclave_group_none;
    int32_t n_group = 1, topk_group = 1;
};

/// A random expert layer, with a selection bias when it scores by sigmoid; the router is F32, as in every published
/// file.
struct SampleMoe {
    SampleMoe(SampleNumbers& numbers, DType dtype, const MoeShape& shape);
    ConclaveMoeWeights view() const;

    MoeShape shape;
    std::vector<float> norm, bias, router_bias, gate_bias, up_bias, down_bias;
    SampleMatrix router, gate, up, down, gate_shared, up_shared, down_shared, shared_gate;
};

/// The place where a block of multi-token prediction meets the model.
struct SampleMtp {
    SampleMtp(SampleNumbers& numbers, DType dtype, int32_t n_vocab, int32_t hidden);
    ConclaveMtpWeights view() const;

    int32_t hidden;
    std::vector<float> enorm, hnorm;
    SampleMatrix embedding, eh_proj;
};

/// Room for the routes of n_rows rows.
struct SampleRoutes {
    SampleRoutes(int64_t n_rows, int64_t n_used)
        : ids(static_cast<size_t>(n_rows * n_used)), weights(ids.size()), margins(static_cast<size_t>(n_rows)),
          groups(margins.size()), group_margins(margins.size()), k(n_used)
    {
    }
    ConclaveRoutes view()
    {
        return {ids.data(), weights.data(), margins.data(), groups.data(), k, 1, group_margins.data()};
    }

    std::vector<uint16_t> ids;
    std::vector<float> weights, margins;
    std::vector<uint32_t> groups;
    std::vector<float> group_margins;
    int64_t k;
};

/// Paged caches of several sequences.
struct SampleCaches {
    SampleCaches(int32_t n_sequences, int32_t n_positions, int32_t page_rows, int32_t row_width,
                 DType dtype = DType::F32);
    SampleCaches(const SampleCaches&) = delete;
    SampleCaches& operator=(const SampleCaches&) = delete;

    std::vector<std::vector<float>> pages; ///< room for floats, whatever the type
    std::vector<std::vector<void*>> page_lists;
    std::vector<ConclaveCacheView> views;
};

/// Which rows a step computes; view() points into it.
struct SampleBatch {
    std::vector<int32_t> sequence, position, token;

    void add(int32_t of_sequence, int32_t at_position, int32_t with_token = 0);
    ConclaveBatch view() const;
};

/// ‖a − b‖² / ‖b‖², the measure of every comparison; 0 when both are 0, infinite when anything is not finite.
double normalized_error(const std::vector<float>& a, const std::vector<float>& b);

} // namespace conclave
