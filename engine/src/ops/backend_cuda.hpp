#pragma once

#include <cstdint>

#include "ops/arena.hpp"
#include "ops/cached_rows.cuh"
#include "ops/device_rows.cuh"
#include "ops/recorded_steps.hpp"
#include "ops/staging.hpp"

namespace conclave::cuda
{

/// What ops work in, reserved at once by prepare(). Rows of activations have their int8 blocks beside them.
struct WorkingMemory {
    int32_t *sequence, *position, *token; ///< [max_rows] of the step's batch
    DeviceRows input;                     ///< [max_rows, hidden]: normed
    float* raw_low;                       ///< [max_rows, q_lora_rank]
    DeviceRows low;                       ///< [max_rows, q_lora_rank]: normed
    DeviceRows raw_q;                     ///< [max_rows, n_head · widest head]: before RoPE
    float *raw_k, *raw_v;                 ///< [max_rows, n_head_kv · head_dim]; of MLA raw_k [max_rows, rank + rope]
    float* query;                         ///< [max_rows, n_head · widest key]
    DeviceRows latent;                    ///< [max_rows, n_head · kv_lora_rank]
    DeviceRows heads;                     ///< [max_rows, n_head · widest head]
    float* partial;                       ///< of attention
    float *router, *shared_gate;          ///< [max_rows, n_experts], [max_rows]: logits
    DeviceRows routed, shared;            ///< [max_rows · n_experts_used, widest expert], [max_rows, widest of all]
    DeviceRows mtp;                       ///< [max_rows, 2 · hidden]; none unless it will be asked for

    static WorkingMemory take(Arena& arena, const ConclaveLimits& limits);
};

/// One device: a stream on which everything happens in order, and the memory of its ops.
struct CudaBackend {
    int32_t device = 0;
    cudaStream_t stream = nullptr;
    ConclaveLimits limits = {};
    std::byte* memory = nullptr;
    WorkingMemory work = {};
    Staging staging;
    RecordedSteps steps;
    int32_t n_splits = 1; ///< of attention, in the step that has begun
};

/// The same memory as rows of n.
inline DeviceRows as_rows_of(const DeviceRows& rows, int64_t n)
{
    DeviceRows narrower = rows;
    narrower.n = narrower.x_stride = n;
    return narrower;
}

// The ops, on a step that was checked. Each enqueues its kernels; x and all that the weights point to is on the device.
void attention_mla(const CudaBackend& backend, const ConclaveMlaWeights& weights, const CachedRows& rows,
                   int64_t n_rows, float* x);
void attention_gqa(const CudaBackend& backend, const ConclaveGqaWeights& weights, const CachedRows& rows,
                   int64_t n_rows, float* x);
void mtp_mix(const CudaBackend& backend, const ConclaveMtpWeights& weights, int64_t n_rows, float* x);
void mlp(const CudaBackend& backend, const ConclaveMlpWeights& weights, int64_t n_rows, float* x);
/// Routes of RMSNorm(x) and the scores, where they are not null. Leaves the normed rows and the gate of the shared
/// expert for experts().
void route(const CudaBackend& backend, const ConclaveMoeWeights& weights, int64_t n_rows, const float* x,
           const ConclaveRoutes& routes, float* scores);
/// What experts() computes and where it goes.
struct ExpertShare {
    const uint8_t* owned;
    bool with_shared;
    float* out;
    bool add;
};
void experts(const CudaBackend& backend, const ConclaveMoeWeights& weights, int64_t n_rows,
             const ConclaveRoutes& routes, const ExpertShare& share);

} // namespace conclave::cuda
