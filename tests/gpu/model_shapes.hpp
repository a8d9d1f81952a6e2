#pragma once

#include <span>
#include <string_view>

#include "tensor/dtype.hpp"

namespace conclave::gpu
{

/// The shape of a published model, as its config.json has it; what a step reads depends on nothing else.
struct ModelShape {
    std::string_view name;
    DType dtype;      ///< of all matrices but the next two
    DType down, head; ///< of W_down; of embedding and output
    int n_layers, n_dense_layers;
    int hidden, vocab;
    int n_head, n_head_kv, head_dim;                           ///< of grouped-query attention
    int kv_lora_rank, q_lora_rank, nope, rope, v_head_dim;     ///< of latent attention; rank 0: none
    int n_experts, n_experts_used, expert_width, shared_width; ///< n_experts 0: every layer is dense
    int dense_width;
};

/// What the benchmark runs, and a tiny one to try the benchmark itself.
std::span<const ModelShape> model_shapes();

} // namespace conclave::gpu
