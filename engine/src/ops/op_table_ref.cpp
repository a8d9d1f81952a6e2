#include <new>

#include "ops/attention_gqa.hpp"
#include "ops/attention_mla.hpp"
#include "ops/embed.hpp"
#include "ops/experts.hpp"
#include "ops/head.hpp"
#include "ops/mlp.hpp"
#include "ops/mtp.hpp"
#include "ops/op_table.hpp"
#include "ops/shapes.hpp"

namespace conclave
{

namespace
{

/// Runs a step that may allocate; no exception leaves the C entry points.
template <class F>
ConclaveStatus guarded(ConclaveMessage* message, F&& step)
{
    try {
        step();
        return conclave_ok;
    } catch (const std::bad_alloc&) {
        return fail(conclave_out_of_memory, message, "The reference backend ran out of memory.");
    }
}

ConclaveStatus create(const ConclaveBackendOptions*, ConclaveBackend* backend, ConclaveMessage*)
{
    static char stateless; // an address to hand out: the reference keeps nothing between calls
    *backend = &stateless;
    return conclave_ok;
}

void destroy(ConclaveBackend) {}

ConclaveStatus prepare(ConclaveBackend, const ConclaveLimits*, uint64_t* bytes, ConclaveMessage*)
{
    *bytes = 0; // an oracle allocates as it goes
    return conclave_ok;
}

ConclaveStatus embed(ConclaveBackend, const ConclaveMatrix* embedding, const ConclaveBatch* batch, float* x,
                     ConclaveMessage* message)
{
    const ConclaveStatus status = check_embed(*embedding, *batch, message);
    if (status == conclave_ok)
        embed_ref(*embedding, *batch, x);
    return status;
}

ConclaveStatus attention_mla(ConclaveBackend, const ConclaveMlaWeights* weights, const ConclaveBatch* batch,
                             const ConclaveCacheView* caches, int32_t mode, float* x, ConclaveMessage* message)
{
    const ConclaveStatus status = check_mla(*weights, *batch, caches, message);
    return status != conclave_ok ? status
                                 : guarded(message, [&] { attention_mla_ref(*weights, *batch, caches, mode, x); });
}

ConclaveStatus attention_gqa(ConclaveBackend, const ConclaveGqaWeights* weights, const ConclaveBatch* batch,
                             const ConclaveCacheView* caches, float* x, ConclaveMessage* message)
{
    const ConclaveStatus status = check_gqa(*weights, *batch, caches, message);
    return status != conclave_ok ? status : guarded(message, [&] { attention_gqa_ref(*weights, *batch, caches, x); });
}

ConclaveStatus mlp(ConclaveBackend, const ConclaveMlpWeights* weights, int32_t n_rows, float* x,
                   ConclaveMessage* message)
{
    const ConclaveStatus status = check_mlp(*weights, message);
    return status != conclave_ok ? status : guarded(message, [&] { mlp_ref(*weights, n_rows, x); });
}

ConclaveStatus route(ConclaveBackend, const ConclaveMoeWeights* weights, int32_t n_rows, const float* x,
                     const ConclaveRoutes* routes, ConclaveMessage* message)
{
    const ConclaveStatus status = check_moe(*weights, message);
    return status != conclave_ok ? status : guarded(message, [&] { route_ref(*weights, n_rows, x, routes, nullptr); });
}

ConclaveStatus experts(ConclaveBackend, const ConclaveMoeWeights* weights, int32_t n_rows, const float* x,
                       const ConclaveRoutes* routes, const uint8_t* owned, int32_t with_shared, float* out,
                       ConclaveMessage* message)
{
    ConclaveStatus status = check_moe(*weights, message);
    if (status == conclave_ok)
        status = check_routes(*weights, n_rows, *routes, message);
    return status != conclave_ok
               ? status
               : guarded(message, [&] { experts_ref(*weights, n_rows, x, *routes, {owned, with_shared != 0}, out); });
}

ConclaveStatus moe(ConclaveBackend, const ConclaveMoeWeights* weights, int32_t n_rows, float* x,
                   const ConclaveRoutes* routes, ConclaveMessage* message)
{
    const ConclaveStatus status = check_moe(*weights, message);
    return status != conclave_ok ? status : guarded(message, [&] { moe_ref(*weights, n_rows, x, *routes); });
}

ConclaveStatus router_scores(ConclaveBackend, const ConclaveMoeWeights* weights, int32_t n_rows, const float* x,
                             float* scores, ConclaveMessage* message)
{
    const ConclaveStatus status = check_moe(*weights, message);
    return status != conclave_ok ? status : guarded(message, [&] { route_ref(*weights, n_rows, x, nullptr, scores); });
}

ConclaveStatus mtp_mix(ConclaveBackend, const ConclaveMtpWeights* weights, const ConclaveBatch* batch, float* x,
                       ConclaveMessage* message)
{
    const ConclaveStatus status = check_mtp(*weights, *batch, message);
    return status != conclave_ok ? status : guarded(message, [&] { mtp_mix_ref(*weights, *batch, x); });
}

ConclaveStatus head(ConclaveBackend, const float* norm, float rms_norm_eps, const ConclaveMatrix* output,
                    int32_t hidden, const float* x, const int32_t* row_index, int32_t n_out, float* logits,
                    ConclaveMessage* message)
{
    const ConclaveStatus status = check_matrix(*output, "output", output->n_rows, hidden, 1, message);
    return status != conclave_ok
               ? status
               : guarded(message, [&] { head_ref({norm, rms_norm_eps, *output, x, row_index, n_out}, logits); });
}

} // namespace

} // namespace conclave

const ConclaveOpTable* conclave_reference_ops()
{
    using namespace conclave;
    static const ConclaveOpTable table = {
        .size = sizeof(ConclaveOpTable),
        .version = conclave_op_table_version,
        .name = "reference",
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
