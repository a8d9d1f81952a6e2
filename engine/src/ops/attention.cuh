#pragma once

#include "ops/cached_rows.cuh"
#include "ops/device_rows.cuh"

namespace conclave::cuda
{

constexpr int32_t max_key_dim = 576; ///< 512 latents and 64 rotated: DeepSeek's
constexpr int32_t max_value_dim = 512;

/// Attention over the cache, the same for grouped-query and absorbed latent attention: of a cached row, head h meets
/// key_dim values from (h / group) · key_dim on as its key and sums value_dim from value_at + (h / group) · value_dim
/// on. Each row sees its sequence up to its own position.
struct Attention {
    const float* query; ///< [n_rows, n_head, key_dim]
    int32_t n_head, group, key_dim, value_dim, value_at;
    float scale;
    DeviceRows out; ///< [n_rows, n_head · value_dim], the floats
    /// Each sequence is cut in n_splits parts that are summed apart, so that one row keeps a whole device busy.
    int32_t n_splits;
    float* partial; ///< [n_rows, n_head, n_splits, value_dim + 2]: Σ, the largest score, the sum of weights
};
void attend(const Attention& job, const CachedRows& rows, int64_t n_rows, cudaStream_t stream);

/// Parts for n_rows rows whose longest sequence has n_positions: a power of two, so that a recorded step serves until
/// the sequence is twice as long.
int32_t attention_splits(int64_t n_rows, int32_t n_positions);
/// Floats that `partial` needs for up to max_rows rows.
int64_t partial_floats(int64_t max_rows, int32_t n_head, int32_t value_dim);

} // namespace conclave::cuda
