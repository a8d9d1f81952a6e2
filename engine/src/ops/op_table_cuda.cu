#include <algorithm>
#include <memory>

#include "ops/attention.cuh"
#include "ops/backend_cuda.hpp"
#include "ops/embed.cuh"
#include "ops/entry_cuda.hpp"
#include "ops/norm.cuh"
#include "ops/op_table.hpp"
#include "ops/product.cuh"
#include "ops/router.cuh"
#include "ops/shapes.hpp"

namespace conclave::cuda
{

namespace
{

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
    for (int32_t s = 0; s <= last; ++s)
        if (caches[s].dtype != 0)
            return fail(conclave_unsupported, message, "A cache of type %d on a GPU; it takes F32 (0) so far.",
                        caches[s].dtype);
    CachedRows rows = {b.work.sequence, b.work.position, {}};
    std::copy_n(caches, last + 1, rows.view);
    return guarded(b, message, [&] { attend(rows); });
}

ConclaveStatus mla_op(ConclaveBackend backend, const ConclaveMlaWeights* w, const ConclaveBatch* batch,
                      const ConclaveCacheView* caches, int32_t, float* x, ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    ConclaveStatus status = check_mla(*w, *batch, caches, message);
    if (status == conclave_ok)
        status = takes_mla(w, message);
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
    if (status == conclave_ok)
        status = takes_gqa(w, message);
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
    if (status == conclave_ok)
        status = takes_moe(&w, message);
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

ConclaveStatus mtp_mix_op(ConclaveBackend backend, const ConclaveMtpWeights* w, const ConclaveBatch* batch, float* x,
                          ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    ConclaveStatus status = check_mtp(*w, *batch, message);
    if (status == conclave_ok)
        status = check_prepared(b.limits.with_mtp && batch->n_rows <= b.limits.max_rows && w->hidden <= b.limits.hidden,
                                message);
    return status != conclave_ok ? status : guarded(b, message, [&] { mtp_mix(b, *w, batch->n_rows, x); });
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
    mtp_mix_op,
    head_op,
};

} // namespace

} // namespace conclave::cuda

extern "C" __attribute__((visibility("default"))) const ConclaveOpTable* conclave_cuda_ops(uint32_t version)
{
    return version == conclave_op_table_version ? &conclave::cuda::table : nullptr;
}
