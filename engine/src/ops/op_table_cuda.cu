#include <algorithm>
#include <cstdio>
#include <memory>

#include "ops/attention.cuh"
#include "ops/backend_cuda.hpp"
#include "ops/embed.cuh"
#include "ops/norm.cuh"
#include "ops/op_table.hpp"
#include "ops/product.cuh"
#include "ops/router.cuh"
#include "ops/shapes.hpp"

namespace conclave::cuda
{

namespace
{

CudaBackend& self(ConclaveBackend backend)
{
    return *static_cast<CudaBackend*>(backend);
}

double mib(uint64_t n_bytes)
{
    return static_cast<double>(n_bytes) / (1 << 20);
}

/// Runs `step` with the backend's device current; what the device refuses becomes a status with a sentence.
template <class Step>
ConclaveStatus guarded(CudaBackend& b, ConclaveMessage* message, Step&& step)
{
    try {
        CUDA_CHECK(cudaSetDevice(b.device));
        step();
        return conclave_ok;
    } catch (const DeviceError& error) {
        return fail(conclave_device_lost, message,
                    "cuda:%d failed: %s; the answer ends here, and starting the program again may bring it back",
                    b.device, error.what.c_str());
    }
}

/// Device memory, or one sentence with the bytes wanted and free.
ConclaveStatus reserve(CudaBackend& b, uint64_t n_bytes, void** memory, ConclaveMessage* message)
{
    const cudaError_t error = cudaMalloc(memory, n_bytes);
    if (error == cudaSuccess)
        return conclave_ok;
    if (error != cudaErrorMemoryAllocation)
        return guarded(b, message, [&] { check_cuda(error, "cudaMalloc"); });
    cudaGetLastError(); // an allocation that fails leaves no other trace
    size_t n_free = 0, n_total = 0;
    cudaMemGetInfo(&n_free, &n_total);
    return fail(conclave_out_of_memory, message,
                "cuda:%d has no room for %.1f MiB: %.1f of its %.1f MiB are free; ask for a shorter context or a "
                "smaller model",
                b.device, mib(n_bytes), mib(n_free), mib(n_total));
}

ConclaveStatus create(const ConclaveBackendOptions* options, ConclaveBackend* backend, ConclaveMessage* message)
{
    auto created = std::make_unique<CudaBackend>();
    created->device = options->device;
    int count = 0;
    if (cudaGetDeviceCount(&count) != cudaSuccess || options->device < 0 || options->device >= count)
        return fail(conclave_invalid, message, "there is no cuda:%d; conclave-cli devices lists what there is",
                    options->device);
    const ConclaveStatus status = guarded(
        *created, message, [&] { CUDA_CHECK(cudaStreamCreateWithFlags(&created->stream, cudaStreamNonBlocking)); });
    if (status == conclave_ok)
        *backend = created.release();
    return status;
}

void destroy(ConclaveBackend backend)
{
    CudaBackend& b = self(backend);
    cudaSetDevice(b.device);
    cudaStreamSynchronize(b.stream);
    cudaFree(b.memory);
    cudaStreamDestroy(b.stream);
    delete &b;
}

ConclaveStatus prepare(ConclaveBackend backend, const ConclaveLimits* limits, uint64_t* bytes, ConclaveMessage* message)
{
    Arena counter;
    WorkingMemory::take(counter, *limits);
    *bytes = counter.n_bytes();
    if (!backend)
        return conclave_ok;
    CudaBackend& b = self(backend);
    ConclaveStatus status = guarded(b, message, [&] {
        CUDA_CHECK(cudaStreamSynchronize(b.stream)); // nothing may use what goes
        b.steps.clear();
        CUDA_CHECK(cudaFree(b.memory));
        b.memory = nullptr;
        b.limits = {};
    });
    void* memory = nullptr;
    if (status == conclave_ok)
        status = reserve(b, *bytes, &memory, message);
    if (status != conclave_ok)
        return status;
    b.memory = static_cast<std::byte*>(memory);
    Arena arena(b.memory);
    b.work = WorkingMemory::take(arena, *limits);
    b.limits = *limits;
    return conclave_ok;
}

int32_t count(ConclaveMessage* message)
{
    int n = 0;
    const cudaError_t error = cudaGetDeviceCount(&n);
    if (error == cudaErrorInsufficientDriver)
        fail(conclave_invalid, message, "no NVIDIA driver found, or one too old for this build");
    else if (error != cudaSuccess && error != cudaErrorNoDevice)
        fail(conclave_invalid, message, "the NVIDIA driver does not answer: %s", cudaGetErrorString(error));
    else if (n == 0 || error == cudaErrorNoDevice)
        fail(conclave_invalid, message, "no NVIDIA GPU found");
    return error == cudaSuccess ? n : 0;
}

ConclaveStatus info(int32_t device, ConclaveDeviceInfo* info, ConclaveMessage* message)
{
    CudaBackend b;
    b.device = device;
    return guarded(b, message, [&] {
        cudaDeviceProp properties;
        CUDA_CHECK(cudaGetDeviceProperties(&properties, device));
        std::snprintf(info->name, sizeof info->name, "%.127s", properties.name);
        size_t n_free = 0, n_total = 0;
        CUDA_CHECK(cudaMemGetInfo(&n_free, &n_total));
        info->free_bytes = n_free;
        info->total_bytes = n_total;
    });
}

int32_t reads_type(int32_t dtype)
{
    return reads(dtype);
}

ConclaveStatus allocate(ConclaveBackend backend, uint64_t n_bytes, void** memory, ConclaveMessage* message)
{
    cudaSetDevice(self(backend).device);
    return reserve(self(backend), n_bytes, memory, message);
}

void release(ConclaveBackend backend, void* memory)
{
    cudaSetDevice(self(backend).device);
    cudaStreamSynchronize(self(backend).stream); // nothing may use what goes
    cudaFree(memory);
}

ConclaveStatus allocate_pinned(ConclaveBackend backend, uint64_t n_bytes, void** memory, ConclaveMessage* message)
{
    return guarded(self(backend), message, [&] { CUDA_CHECK(cudaMallocHost(memory, n_bytes)); });
}

void release_pinned(ConclaveBackend backend, void* memory)
{
    cudaSetDevice(self(backend).device);
    cudaFreeHost(memory);
}

ConclaveStatus upload(ConclaveBackend backend, void* to, const void* from, uint64_t n_bytes, ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    return guarded(b, message, [&] { b.staging.upload(to, from, n_bytes, b.stream); });
}

ConclaveStatus download(ConclaveBackend backend, void* to, const void* from, uint64_t n_bytes, ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    return guarded(b, message,
                   [&] { CUDA_CHECK(cudaMemcpyAsync(to, from, n_bytes, cudaMemcpyDeviceToHost, b.stream)); });
}

ConclaveStatus synchronize(ConclaveBackend backend, ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    return guarded(b, message, [&] { CUDA_CHECK(cudaStreamSynchronize(b.stream)); });
}

ConclaveStatus begin_step(ConclaveBackend backend, const ConclaveBatch* batch, uint64_t key, int32_t* recorded,
                          ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    if (batch->n_rows < 1 || batch->n_rows > b.limits.max_rows)
        return fail(conclave_invalid, message, "A step of %d rows; %d were prepared.", batch->n_rows,
                    b.limits.max_rows);
    return guarded(b, message, [&] {
        const uint64_t n_bytes = static_cast<uint64_t>(batch->n_rows) * sizeof(int32_t);
        b.staging.upload(b.work.sequence, batch->sequence, n_bytes, b.stream);
        b.staging.upload(b.work.position, batch->position, n_bytes, b.stream);
        b.staging.upload(b.work.token, batch->token, n_bytes, b.stream);
        const int32_t longest = *std::max_element(batch->position, batch->position + batch->n_rows) + 1;
        b.n_splits = attention_splits(batch->n_rows, longest);
        *recorded = b.steps.begin({key, batch->n_rows, b.n_splits}, b.stream);
    });
}

ConclaveStatus end_step(ConclaveBackend backend, int32_t complete, ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    return guarded(b, message, [&] { b.steps.end(complete != 0, b.stream); });
}

/// What this backend computes but was not prepared for.
ConclaveStatus check_prepared(bool fits, ConclaveMessage* message)
{
    return fits ? conclave_ok : fail(conclave_invalid, message, "This layer is larger than what was prepared.");
}

ConclaveStatus embed_rows(ConclaveBackend backend, const ConclaveMatrix* embedding, const ConclaveBatch* batch,
                          float* x, ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    const ConclaveStatus status = check_embed(*embedding, *batch, message);
    return status != conclave_ok
               ? status
               : guarded(b, message, [&] { embed(*embedding, b.work.token, batch->n_rows, x, b.stream); });
}

/// Calls `attend` with how the rows of a batch see their caches.
template <class Attend>
ConclaveStatus attend_rows(CudaBackend& b, const ConclaveBatch& batch, const ConclaveCacheView* caches,
                           ConclaveMessage* message, Attend&& attend)
{
    const int32_t last = *std::max_element(batch.sequence, batch.sequence + batch.n_rows);
    if (last >= max_sequences)
        return fail(conclave_unsupported, message, "A step of %d sequences on a GPU; it takes at most %d.", last + 1,
                    max_sequences);
    CachedRows rows = {b.work.sequence, b.work.position, {}};
    std::copy_n(caches, last + 1, rows.view);
    return guarded(b, message, [&] { attend(rows); });
}

ConclaveStatus mla_op(ConclaveBackend backend, const ConclaveMlaWeights* w, const ConclaveBatch* batch,
                      const ConclaveCacheView* caches, int32_t, float* x, ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    ConclaveStatus status = check_mla(*w, *batch, caches, message);
    if (status == conclave_ok && (w->kv_lora_rank > max_value_dim || w->kv_lora_rank + w->rope.n_dims > max_key_dim))
        status = fail(conclave_unsupported, message, "A latent of %d and %d values; a GPU takes at most %d and %d.",
                      w->kv_lora_rank, w->rope.n_dims, max_value_dim, max_key_dim - max_value_dim);
    if (status == conclave_ok) {
        const int32_t head = std::max(w->qk_nope_head_dim + w->qk_rope_head_dim, w->v_head_dim);
        status = check_prepared(batch->n_rows <= b.limits.max_rows && w->hidden <= b.limits.hidden &&
                                    w->n_head <= b.limits.n_head && head <= b.limits.max_head_dim &&
                                    w->kv_lora_rank <= b.limits.kv_lora_rank && w->q_lora_rank <= b.limits.q_lora_rank,
                                message);
    }
    return status != conclave_ok ? status : attend_rows(b, *batch, caches, message, [&](const CachedRows& rows) {
        attention_mla(b, *w, rows, batch->n_rows, x);
    });
}

ConclaveStatus gqa_op(ConclaveBackend backend, const ConclaveGqaWeights* w, const ConclaveBatch* batch,
                      const ConclaveCacheView* caches, float* x, ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    ConclaveStatus status = check_gqa(*w, *batch, caches, message);
    if (status == conclave_ok && w->head_dim > max_value_dim)
        status = fail(conclave_unsupported, message, "Heads of %d values; a GPU takes at most %d.", w->head_dim,
                      max_value_dim);
    if (status == conclave_ok && (w->sinks || w->window > 0 || w->o_bias))
        status = fail(conclave_unsupported, message,
                      "Attention with sinks, a window or a bias of its output is computed on the processor alone.");
    if (status == conclave_ok)
        status = check_prepared(batch->n_rows <= b.limits.max_rows && w->hidden <= b.limits.hidden &&
                                    w->n_head <= b.limits.n_head && w->n_head_kv <= b.limits.n_head_kv &&
                                    w->head_dim <= b.limits.max_head_dim,
                                message);
    return status != conclave_ok ? status : attend_rows(b, *batch, caches, message, [&](const CachedRows& rows) {
        attention_gqa(b, *w, rows, batch->n_rows, x);
    });
}

ConclaveStatus mlp_op(ConclaveBackend backend, const ConclaveMlpWeights* w, int32_t n_rows, float* x,
                      ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    ConclaveStatus status = check_mlp(*w, message);
    if (status == conclave_ok)
        status = check_prepared(n_rows <= b.limits.max_rows && w->hidden <= b.limits.hidden &&
                                    w->gate.n_rows <= b.limits.max_intermediate,
                                message);
    return status != conclave_ok ? status : guarded(b, message, [&] { mlp(b, *w, n_rows, x); });
}

/// Runs `step` when the layer can be computed at all.
template <class Step>
ConclaveStatus moe_step(CudaBackend& b, const ConclaveMoeWeights& w, int32_t n_rows, ConclaveMessage* message,
                        Step&& step)
{
    ConclaveStatus status = check_moe(w, message);
    if (status == conclave_ok && w.n_experts > max_experts)
        status = fail(conclave_unsupported, message, "%d experts; a GPU takes at most %d.", w.n_experts, max_experts);
    if (status == conclave_ok && (w.router_bias || w.gate_exps_bias || w.up_exps_bias || w.down_exps_bias ||
                                  w.score == conclave_score_logit || w.activation != conclave_activation_silu))
        status = fail(conclave_unsupported, message,
                      "Experts with biases, clamped gates or weights from logits are computed on the processor alone.");
    if (status == conclave_ok)
        status =
            check_prepared(n_rows <= b.limits.max_rows && w.hidden <= b.limits.hidden &&
                               w.n_experts <= b.limits.n_experts && w.n_experts_used <= b.limits.n_experts_used &&
                               std::max(w.gate_exps.n_rows, w.gate_shexp.n_rows) <= b.limits.max_expert_intermediate,
                           message);
    return status != conclave_ok ? status : guarded(b, message, step);
}

ConclaveStatus moe_op(ConclaveBackend backend, const ConclaveMoeWeights* w, int32_t n_rows, float* x,
                      const ConclaveRoutes* routes, ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    return moe_step(b, *w, n_rows, message, [&] {
        route(b, *w, n_rows, x, *routes, nullptr);
        experts(b, *w, n_rows, *routes, {nullptr, true, x, true});
    });
}

ConclaveStatus route_op(ConclaveBackend backend, const ConclaveMoeWeights* w, int32_t n_rows, const float* x,
                        const ConclaveRoutes* routes, ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    return moe_step(b, *w, n_rows, message, [&] { route(b, *w, n_rows, x, *routes, nullptr); });
}

ConclaveStatus experts_op(ConclaveBackend backend, const ConclaveMoeWeights* w, int32_t n_rows, const float* x,
                          const ConclaveRoutes* routes, const uint8_t* owned, int32_t with_shared, float* out,
                          ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    return moe_step(b, *w, n_rows, message, [&] {
        route(b, *w, n_rows, x, {}, nullptr);
        experts(b, *w, n_rows, *routes, {owned, with_shared != 0, out, false});
    });
}

ConclaveStatus router_scores_op(ConclaveBackend backend, const ConclaveMoeWeights* w, int32_t n_rows, const float* x,
                                float* scores, ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    return moe_step(b, *w, n_rows, message, [&] { route(b, *w, n_rows, x, {}, scores); });
}

ConclaveStatus head_op(ConclaveBackend backend, const float* norm, float eps, const ConclaveMatrix* output,
                       int32_t hidden, const float* x, const int32_t* row_index, int32_t n_out, float* logits,
                       ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    ConclaveStatus status = check_matrix(*output, "output", output->n_rows, hidden, 1, message);
    if (status == conclave_ok)
        status = check_prepared(hidden <= b.limits.hidden && n_out <= b.limits.max_rows, message);
    return status != conclave_ok ? status : guarded(b, message, [&] {
        const DeviceRows input = as_rows_of(b.work.input, hidden);
        for (int64_t i = 0; i < n_out; ++i) { // one at a time: rows of the answer are few, and anywhere in x
            DeviceRows one = input;
            const int64_t n_blocks = hidden / quant_block;
            one.x += i * hidden;
            one.q += i * hidden;
            one.scale += i * n_blocks;
            one.half_sum += i * n_blocks * 2;
            norm_rows(
                {x + static_cast<int64_t>(row_index[i]) * hidden, hidden, norm, eps, 1, one, takes_int8(output->dtype)},
                b.stream);
        }
        multiply({{.w = *output, .in = input, .out = logits, .out_stride = output->n_rows}}, n_out, b.stream);
    });
}

constexpr ConclaveDeviceTable device_table = {
    sizeof(ConclaveDeviceTable),
    count,
    info,
    reads_type,
    allocate,
    release,
    allocate_pinned,
    release_pinned,
    upload,
    download,
    synchronize,
    begin_step,
    end_step,
};

constexpr ConclaveOpTable table = {
    sizeof(ConclaveOpTable),
    conclave_op_table_version,
    "cuda",
    &device_table,
    create,
    destroy,
    prepare,
    embed_rows,
    mla_op,
    gqa_op,
    mlp_op,
    moe_op,
    route_op,
    experts_op,
    router_scores_op,
    head_op,
};

} // namespace

} // namespace conclave::cuda

extern "C" __attribute__((visibility("default"))) const ConclaveOpTable* conclave_cuda_ops(uint32_t version)
{
    return version == conclave_op_table_version ? &conclave::cuda::table : nullptr;
}
