#include "ops/attention.cuh"
#include "ops/entry_cuda.hpp"
#include "ops/router.cuh"

namespace conclave::cuda
{

ConclaveStatus takes_mla(const ConclaveMlaWeights* w, ConclaveMessage* message)
{
    if (w->kv_lora_rank > max_value_dim || w->kv_lora_rank + w->rope.n_dims > max_key_dim)
        return fail(conclave_unsupported, message, "A latent of %d and %d values; a GPU takes at most %d and %d.",
                    w->kv_lora_rank, w->rope.n_dims, max_value_dim, max_key_dim - max_value_dim);
    const int32_t head_dim = w->qk_nope_head_dim + w->qk_rope_head_dim;
    if (head_dim % 4 != 0)
        return fail(conclave_unsupported, message,
                    "Queries of %d values a head; a GPU, which loads four at a time, takes multiples of 4.", head_dim);
    return conclave_ok;
}

ConclaveStatus takes_gqa(const ConclaveGqaWeights* w, ConclaveMessage* message)
{
    if (w->head_dim > max_value_dim)
        return fail(conclave_unsupported, message, "Heads of %d values; a GPU takes at most %d.", w->head_dim,
                    max_value_dim);
    if (w->sinks || w->window > 0 || w->o_bias)
        return fail(conclave_unsupported, message,
                    "Attention with sinks, a window or a bias of its output is computed on the processor alone; choose "
                    "the device cpu.");
    return conclave_ok;
}

ConclaveStatus takes_moe(const ConclaveMoeWeights* w, ConclaveMessage* message)
{
    if (w->n_experts > max_experts)
        return fail(conclave_unsupported, message, "%d experts; a GPU takes at most %d.", w->n_experts, max_experts);
    if (w->router_bias || w->gate_exps_bias || w->up_exps_bias || w->down_exps_bias ||
        w->score == conclave_score_logit || w->activation != conclave_activation_silu)
        return fail(conclave_unsupported, message,
                    "Experts with biases, clamped gates or weights from logits are computed on the processor alone; "
                    "choose the device cpu.");
    return conclave_ok;
}

} // namespace conclave::cuda
