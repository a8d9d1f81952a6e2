#include <algorithm>
#include <memory>
#include <new>
#include <thread>

#include "ops/attention_gqa.hpp"
#include "ops/attention_mla.hpp"
#include "ops/backend_cpu.hpp"
#include "ops/embed.hpp"
#include "ops/experts.hpp"
#include "ops/head.hpp"
#include "ops/mla_heads.hpp"
#include "ops/mlp.hpp"
#include "ops/mtp.hpp"
#include "ops/op_table.hpp"
#include "ops/shapes.hpp"

namespace conclave
{

namespace
{

CpuBackend& self(ConclaveBackend backend)
{
    return *static_cast<CpuBackend*>(backend);
}

ConclaveStatus create(const ConclaveBackendOptions* options, ConclaveBackend* backend, ConclaveMessage* message)
{
    if (!options->thread_pool)
        return fail(conclave_invalid, message, "The processor backend needs a thread pool.");
    auto created = std::unique_ptr<CpuBackend>(new (std::nothrow) CpuBackend);
    if (!created)
        return fail(conclave_out_of_memory, message, "There is no memory for the processor backend.");
    created->pool = static_cast<ThreadPool*>(options->thread_pool);
    *backend = created.release();
    return conclave_ok;
}

void destroy(ConclaveBackend backend)
{
    delete static_cast<CpuBackend*>(backend);
}

/// The largest of what the ops need, each described by its own scratch.
size_t temporary_bytes(const ConclaveLimits& l, int64_t lanes)
{
    const auto count = [](auto&& take) {
        Scratch counter;
        take(counter);
        return counter.n_bytes();
    };
    const MlaScratch::Shape mla = {l.max_rows,     l.hidden,       l.n_head,      l.max_head_dim, l.max_head_dim,
                                   l.max_head_dim, l.kv_lora_rank, l.q_lora_rank, lanes,          lanes};
    const MoeScratch::Shape moe = {
        l.max_rows, l.hidden, l.n_experts, l.n_experts_used, l.max_expert_intermediate, l.max_expert_intermediate};
    const GqaScratch::Shape gqa = {l.max_rows, l.hidden, l.n_head, l.n_head_kv, l.max_head_dim, lanes};
    return std::max({
        l.kv_lora_rank > 0 ? count([&](Scratch& s) { MlaScratch::take(s, mla); }) : 0,
        l.n_head_kv > 0 ? count([&](Scratch& s) { GqaScratch::take(s, gqa); }) : 0,
        count([&](Scratch& s) { MlpScratch::take(s, l.max_rows, l.hidden, l.max_intermediate); }),
        count([&](Scratch& s) { MoeScratch::take(s, moe); }),
        l.with_mtp ? count([&](Scratch& s) { MtpScratch::take(s, l.max_rows, l.hidden); }) : 0,
        count([&](Scratch& s) {
            ActivationRows::take(s, l.max_rows, l.hidden);
            PanelMemory::take(s, panels_of(l.max_rows), l.hidden);
        }),
    });
}

ConclaveStatus prepare(ConclaveBackend backend, const ConclaveLimits* limits, uint64_t* bytes, ConclaveMessage* message)
{
    const int32_t threads = std::max(static_cast<int32_t>(std::thread::hardware_concurrency()),
                                     backend ? self(backend).pool->n_threads() : 1);
    const int32_t lanes = std::clamp(limits->n_head, 1, threads);
    Scratch kept;
    RopeMemo::take(kept, limits->max_rows, limits->max_head_dim);
    const size_t total = kept.n_bytes() + temporary_bytes(*limits, lanes);
    *bytes = total;
    if (!backend)
        return conclave_ok;
    Result<AlignedBuffer> memory = AlignedBuffer::allocate(total, AlignedBuffer::Pages::huge);
    if (!memory)
        return fail(conclave_out_of_memory, message, "There is no memory for %llu bytes of working space.",
                    static_cast<unsigned long long>(total));
    CpuBackend& b = self(backend);
    b.memory = std::move(*memory);
    Scratch real(b.memory.as<std::byte>());
    b.rope = RopeMemo::take(real, limits->max_rows, limits->max_head_dim);
    b.n_kept = real.n_bytes();
    b.lanes = lanes;
    return conclave_ok;
}

ConclaveStatus embed(ConclaveBackend backend, const ConclaveMatrix* embedding, const ConclaveBatch* batch, float* x,
                     ConclaveMessage* message)
{
    const ConclaveStatus status = check_embed(*embedding, *batch, message);
    if (status == conclave_ok)
        embed_cpu(*self(backend).pool, *embedding, *batch, x);
    return status;
}

ConclaveStatus attention_mla(ConclaveBackend backend, const ConclaveMlaWeights* weights, const ConclaveBatch* batch,
                             const ConclaveCacheView* caches, int32_t mode, float* x, ConclaveMessage* message)
{
    const ConclaveStatus status = check_mla(*weights, *batch, caches, message);
    if (status != conclave_ok)
        return status;
    return attention_mla_cpu(self(backend), *weights, *batch, caches, mode, x, message);
}

ConclaveStatus attention_gqa(ConclaveBackend backend, const ConclaveGqaWeights* weights, const ConclaveBatch* batch,
                             const ConclaveCacheView* caches, float* x, ConclaveMessage* message)
{
    const ConclaveStatus status = check_gqa(*weights, *batch, caches, message);
    return status != conclave_ok ? status : attention_gqa_cpu(self(backend), *weights, *batch, caches, x, message);
}

ConclaveStatus mlp(ConclaveBackend backend, const ConclaveMlpWeights* weights, int32_t n_rows, float* x,
                   ConclaveMessage* message)
{
    const ConclaveStatus status = check_mlp(*weights, message);
    return status != conclave_ok ? status : mlp_cpu(self(backend), *weights, n_rows, x, message);
}

ConclaveStatus moe(ConclaveBackend backend, const ConclaveMoeWeights* weights, int32_t n_rows, float* x,
                   const ConclaveRoutes* routes, ConclaveMessage* message)
{
    const ConclaveStatus status = check_moe(*weights, message);
    return status != conclave_ok ? status : moe_cpu(self(backend), *weights, n_rows, x, *routes, message);
}

ConclaveStatus route(ConclaveBackend backend, const ConclaveMoeWeights* weights, int32_t n_rows, const float* x,
                     const ConclaveRoutes* routes, ConclaveMessage* message)
{
    const ConclaveStatus status = check_moe(*weights, message);
    return status != conclave_ok ? status : route_cpu(self(backend), *weights, n_rows, x, routes, nullptr, message);
}

ConclaveStatus experts(ConclaveBackend backend, const ConclaveMoeWeights* weights, int32_t n_rows, const float* x,
                       const ConclaveRoutes* routes, const uint8_t* owned, int32_t with_shared, float* out,
                       ConclaveMessage* message)
{
    ConclaveStatus status = check_moe(*weights, message);
    if (status == conclave_ok)
        status = check_routes(*weights, n_rows, *routes, message);
    if (status != conclave_ok)
        return status;
    return experts_cpu(self(backend), *weights, n_rows, x, *routes, {owned, with_shared != 0}, out, message);
}

ConclaveStatus router_scores(ConclaveBackend backend, const ConclaveMoeWeights* weights, int32_t n_rows, const float* x,
                             float* scores, ConclaveMessage* message)
{
    const ConclaveStatus status = check_moe(*weights, message);
    return status != conclave_ok ? status : route_cpu(self(backend), *weights, n_rows, x, nullptr, scores, message);
}

ConclaveStatus mtp_mix(ConclaveBackend backend, const ConclaveMtpWeights* weights, const ConclaveBatch* batch, float* x,
                       ConclaveMessage* message)
{
    const ConclaveStatus status = check_mtp(*weights, *batch, message);
    return status != conclave_ok ? status : mtp_mix_cpu(self(backend), *weights, *batch, x, message);
}

ConclaveStatus head(ConclaveBackend backend, const float* norm, float rms_norm_eps, const ConclaveMatrix* output,
                    int32_t hidden, const float* x, const int32_t* row_index, int32_t n_out, float* logits,
                    ConclaveMessage* message)
{
    const ConclaveStatus status = check_matrix(*output, "output", output->n_rows, hidden, 1, message);
    if (status != conclave_ok)
        return status;
    CpuBackend& b = self(backend);
    const int64_t max_rows = std::min(n_out, b.rope.max_rows);
    Scratch memory = b.scratch();
    const ActivationRows rows = ActivationRows::take(memory, max_rows, hidden);
    const PanelMemory panels = PanelMemory::take(memory, panels_of(max_rows), hidden);
    if (!memory.fits() || max_rows < 1)
        return too_large("the output head", message);
    head_cpu(*b.pool, {norm, rms_norm_eps, *output, x, row_index, n_out}, rows, panels, max_rows, logits);
    return conclave_ok;
}

} // namespace

} // namespace conclave

const ConclaveOpTable* conclave_cpu_ops()
{
    using namespace conclave;
    static const ConclaveOpTable table = {
        .size = sizeof(ConclaveOpTable),
        .version = conclave_op_table_version,
        .name = "cpu",
        .device = nullptr,
        .create = create,
        .destroy = destroy,
        .prepare = prepare,
        .embed = embed,
        .attention_mla = attention_mla,
        .attention_gqa = attention_gqa,
        .mlp = mlp,
        .moe = moe,
        .route = route,
        .experts = experts,
        .router_scores = router_scores,
        .mtp_mix = mtp_mix,
        .head = head,
    };
    return &table;
}
