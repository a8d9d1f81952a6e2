#include "ops/backend_cuda.hpp"

#include <algorithm>

#include "ops/attention.cuh"

namespace conclave::cuda
{

namespace
{

DeviceRows take_rows(Arena& arena, int64_t n_rows, int64_t n)
{
    const int64_t n_blocks = (n + quant_block - 1) / quant_block;
    return {arena.take<float>(n_rows * n),
            arena.take<int8_t>(n_rows * n_blocks * quant_block),
            arena.take<float>(n_rows * n_blocks),
            arena.take<float>(n_rows * n_blocks * 2),
            n,
            n};
}

} // namespace

WorkingMemory WorkingMemory::take(Arena& arena, const ConclaveLimits& l)
{
    const int64_t n = l.max_rows;
    const int64_t q_width = static_cast<int64_t>(l.n_head) * l.max_head_dim;
    const int64_t kv_width = std::max(l.n_head_kv * l.max_head_dim, l.kv_lora_rank + l.max_head_dim);
    const int64_t key = l.kv_lora_rank > 0 ? l.kv_lora_rank + l.max_head_dim : l.max_head_dim;
    const int32_t widest = std::max(l.max_intermediate, l.max_expert_intermediate);
    return {.sequence = arena.take<int32_t>(n),
            .position = arena.take<int32_t>(n),
            .token = arena.take<int32_t>(n),
            .input = take_rows(arena, n, l.hidden),
            .raw_low = arena.take<float>(n * l.q_lora_rank),
            .low = take_rows(arena, n, l.q_lora_rank),
            .raw_q = take_rows(arena, n, q_width),
            .raw_k = arena.take<float>(n * kv_width),
            .raw_v = arena.take<float>(n * kv_width),
            .query = arena.take<float>(n * l.n_head * key),
            .latent = take_rows(arena, n, static_cast<int64_t>(l.n_head) * l.kv_lora_rank),
            .heads = take_rows(arena, n, q_width),
            .partial = arena.take<float>(partial_floats(n, l.n_head, std::max(l.kv_lora_rank, l.max_head_dim))),
            .router = arena.take<float>(n * l.n_experts),
            .shared_gate = arena.take<float>(n),
            .routed = take_rows(arena, n * l.n_experts_used, l.max_expert_intermediate),
            .shared = take_rows(arena, n, widest),
            .mtp = take_rows(arena, l.with_mtp ? n : 0, 2 * static_cast<int64_t>(l.hidden))};
}

} // namespace conclave::cuda
