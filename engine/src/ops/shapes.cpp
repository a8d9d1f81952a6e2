#include "ops/shapes.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <numeric>

#include "ops/rope.hpp"
#include "tensor/dtype.hpp"
#include "tensor/encode.hpp"

namespace conclave
{

ConclaveStatus fail(ConclaveStatus status, ConclaveMessage* message, const char* format, ...)
{
    if (message && message->text && message->capacity > 0) {
        va_list arguments;
        va_start(arguments, format);
        std::vsnprintf(message->text, message->capacity, format, arguments);
        va_end(arguments);
    }
    return status;
}

ConclaveStatus check_matrix(const ConclaveMatrix& matrix, const char* name, int64_t n_rows, int64_t n_cols,
                            int32_t n_matrices, ConclaveMessage* message)
{
    if (!matrix.data)
        return fail(conclave_invalid, message, "The weights of %s are missing.", name);
    const DTypeInfo* info = dtype_info(matrix.dtype);
    if (!info)
        return fail(conclave_unsupported, message, "%s has element type %d, which this build cannot compute with.",
                    name, matrix.dtype);
    if (n_rows <= 0 || n_cols <= 0)
        return fail(conclave_invalid, message, "%s has no rows or no columns.", name);
    if (matrix.n_rows != n_rows || matrix.n_cols != n_cols || matrix.n_matrices < n_matrices)
        return fail(conclave_invalid, message, "%s has shape %d × [%lld, %lld], expected %d × [%lld, %lld].", name,
                    matrix.n_matrices, static_cast<long long>(matrix.n_rows), static_cast<long long>(matrix.n_cols),
                    n_matrices, static_cast<long long>(n_rows), static_cast<long long>(n_cols));
    if (n_cols % info->block_size != 0 || matrix.row_bytes < n_cols / info->block_size * info->block_bytes)
        return fail(conclave_invalid, message, "%s: %lld columns do not fit rows of %lld bytes of blocks of %d.", name,
                    static_cast<long long>(n_cols), static_cast<long long>(matrix.row_bytes), info->block_size);
    if ((info->dtype == DType::F8_E4M3) != (matrix.scale != nullptr))
        return fail(conclave_invalid, message, "%s: FP8 has scales of its blocks, and no other type has.", name);
    return conclave_ok;
}

namespace
{

/// Remembers the first failure of a list of checks.
class Checks
{
public:
    explicit Checks(ConclaveMessage* message) : m_message(message) {}
    void matrix(const ConclaveMatrix& matrix, const char* name, int64_t n_rows, int64_t n_cols, int32_t n_matrices = 1)
    {
        if (m_status == conclave_ok)
            m_status = check_matrix(matrix, name, n_rows, n_cols, n_matrices, m_message);
    }
    void that(bool ok, const char* sentence)
    {
        if (m_status == conclave_ok && !ok)
            m_status = fail(conclave_invalid, m_message, "%s", sentence);
    }
    ConclaveStatus status() const { return m_status; }

private:
    ConclaveMessage* m_message;
    ConclaveStatus m_status = conclave_ok;
};

/// Every row has room in its cache, and positions of a sequence ascend.
ConclaveStatus check_rows(const ConclaveBatch& batch, const ConclaveCacheView* caches, int64_t row_width,
                          int64_t part_width, ConclaveMessage* message)
{
    for (int32_t i = 0; i < batch.n_rows; ++i) {
        if (batch.sequence[i] < 0 || batch.position[i] < 0)
            return fail(conclave_invalid, message, "Row %d of the batch has a negative sequence or position.", i);
        const ConclaveCacheView& cache = caches[batch.sequence[i]];
        if (cache.row_width < row_width || cache.page_rows <= 0 || batch.position[i] / cache.page_rows >= cache.n_pages)
            return fail(conclave_invalid, message, "Position %d of row %d has no room in its cache.", batch.position[i],
                        i);
        const DTypeInfo* type = dtype_info(cache.dtype);
        if (!type || !can_encode(type->dtype))
            return fail(conclave_unsupported, message, "A cache of type %d; it may be F32, F16, BF16 or Q8_0.",
                        cache.dtype);
        if (part_width % type->block_size != 0 || cache.row_width % type->block_size != 0)
            return fail(conclave_unsupported, message, "Parts of %d values do not end with the blocks of a %s cache.",
                        static_cast<int>(part_width), type->name.data());
        int32_t before = i - 1; // usually the same sequence already
        while (before >= 0 && batch.sequence[before] != batch.sequence[i])
            --before;
        if (before >= 0 && batch.position[before] >= batch.position[i])
            return fail(conclave_invalid, message, "Position %d of row %d does not come after position %d of row %d.",
                        batch.position[i], i, batch.position[before], before);
    }
    return conclave_ok;
}

} // namespace

ConclaveStatus check_mla(const ConclaveMlaWeights& w, const ConclaveBatch& batch, const ConclaveCacheView* caches,
                         ConclaveMessage* message)
{
    Checks check(message);
    const int32_t rope = w.qk_rope_head_dim;
    const int64_t q_rows = static_cast<int64_t>(w.n_head) * (w.qk_nope_head_dim + rope);
    check.that(w.hidden > 0 && w.n_head > 0 && w.qk_nope_head_dim > 0 && rope > 0 && w.v_head_dim > 0 &&
                   w.kv_lora_rank > 0,
               "An attention dimension is zero or negative.");
    if (w.kv_lora_rank > conclave_max_mla_width || w.qk_nope_head_dim > conclave_max_mla_width)
        return fail(conclave_invalid, message, "kv_lora_rank %d or qk_nope_head_dim %d is above %d.", w.kv_lora_rank,
                    w.qk_nope_head_dim, conclave_max_mla_width);
    check.that(w.rope.n_dims == rope && rope % 2 == 0 && rope <= max_rope_dims,
               "The rope table does not cover qk_rope_head_dim, or is too wide.");
    check.that(w.attn_norm && w.kv_a_norm && w.rope.inverse_frequency,
               "An attention norm or the rope table is missing.");
    if (present(w.q)) {
        check.matrix(w.q, "attn_q", q_rows, w.hidden);
    } else {
        check.that(w.q_lora_rank > 0 && w.q_a_norm, "attn_q is missing, and so is the norm of its low-rank form.");
        check.matrix(w.q_a, "attn_q_a", w.q_lora_rank, w.hidden);
        check.matrix(w.q_b, "attn_q_b", q_rows, w.q_lora_rank);
    }
    check.matrix(w.kv_a, "attn_kv_a", w.kv_lora_rank + rope, w.hidden);
    check.matrix(w.k_b, "attn_k_b", w.kv_lora_rank, w.qk_nope_head_dim, w.n_head);
    check.matrix(w.v_b, "attn_v_b", w.v_head_dim, w.kv_lora_rank, w.n_head);
    check.matrix(w.o, "attn_output", w.hidden, static_cast<int64_t>(w.n_head) * w.v_head_dim);
    if (check.status() != conclave_ok)
        return check.status();
    return check_rows(batch, caches, w.kv_lora_rank + rope, std::gcd(w.kv_lora_rank, rope), message);
}

ConclaveStatus check_gqa(const ConclaveGqaWeights& w, const ConclaveBatch& batch, const ConclaveCacheView* caches,
                         ConclaveMessage* message)
{
    Checks check(message);
    check.that(w.hidden > 0 && w.n_head > 0 && w.n_head_kv > 0 && w.head_dim > 0,
               "An attention dimension is zero or negative.");
    check.that(w.n_head_kv <= 0 || w.n_head % w.n_head_kv == 0, "The query heads do not divide over the key heads.");
    check.that(w.rope.n_dims > 0 && w.rope.n_dims % 2 == 0 && w.rope.n_dims <= std::min(w.head_dim, max_rope_dims),
               "The rope table is wider than a head, or not even.");
    check.that(w.attn_norm && w.rope.inverse_frequency, "An attention norm or the rope table is missing.");
    check.that(w.qk_norm == conclave_qk_norm_none || (w.q_norm && w.k_norm), "A norm of queries or keys is missing.");
    check.that(w.window >= 0, "The window of attention is negative.");
    const int64_t q_rows = static_cast<int64_t>(w.n_head) * w.head_dim;
    const int64_t kv_rows = static_cast<int64_t>(w.n_head_kv) * w.head_dim;
    check.matrix(w.q, "attn_q", q_rows, w.hidden);
    check.matrix(w.k, "attn_k", kv_rows, w.hidden);
    check.matrix(w.v, "attn_v", kv_rows, w.hidden);
    check.matrix(w.o, "attn_output", w.hidden, q_rows);
    return check.status() != conclave_ok ? check.status() : check_rows(batch, caches, 2 * kv_rows, w.head_dim, message);
}

ConclaveStatus check_mlp(const ConclaveMlpWeights& w, ConclaveMessage* message)
{
    Checks check(message);
    check.that(w.hidden > 0 && w.norm, "The norm of a dense layer is missing.");
    check.matrix(w.gate, "ffn_gate", w.gate.n_rows, w.hidden);
    check.matrix(w.up, "ffn_up", w.gate.n_rows, w.hidden);
    check.matrix(w.down, "ffn_down", w.hidden, w.gate.n_rows);
    return check.status();
}

ConclaveStatus check_moe(const ConclaveMoeWeights& w, ConclaveMessage* message)
{
    Checks check(message);
    check.that(w.hidden > 0 && w.norm, "The norm of an expert layer is missing.");
    check.that(w.n_experts > 0 && w.n_experts <= 65535 && w.n_experts_used > 0 && w.n_experts_used <= w.n_experts,
               "The number of experts, or of experts used, is out of range.");
    if (w.group_rule != conclave_group_none && w.n_group > 1) {
        check.that(w.n_group <= 32 && w.n_experts % w.n_group == 0,
                   "The experts do not divide into at most 32 groups.");
        check.that(w.topk_group > 0 && w.topk_group <= w.n_group, "topk_group is not between 1 and n_group.");
        check.that(w.topk_group * (w.n_experts / (w.n_group > 0 ? w.n_group : 1)) >= w.n_experts_used,
                   "The open groups hold fewer experts than a token uses.");
    }
    check.matrix(w.router, "ffn_gate_inp", w.n_experts, w.hidden);
    check.that(!w.router.scale && !w.shexp_gate.scale, "A router in FP8 is not supported.");
    const int64_t width = w.gate_exps.n_rows;
    check.matrix(w.gate_exps, "ffn_gate_exps", width, w.hidden, w.n_experts);
    check.matrix(w.up_exps, "ffn_up_exps", width, w.hidden, w.n_experts);
    check.matrix(w.down_exps, "ffn_down_exps", w.hidden, width, w.n_experts);
    check.that(w.activation == conclave_activation_silu ||
                   (w.activation == conclave_activation_clamped && w.activation_limit > 0),
               "The activation of the experts is none that is known, or its limit is not above zero.");
    if (present(w.gate_shexp)) {
        const int64_t shared = w.gate_shexp.n_rows;
        check.matrix(w.gate_shexp, "ffn_gate_shexp", shared, w.hidden);
        check.matrix(w.up_shexp, "ffn_up_shexp", shared, w.hidden);
        check.matrix(w.down_shexp, "ffn_down_shexp", w.hidden, shared);
        if (present(w.shexp_gate))
            check.matrix(w.shexp_gate, "ffn_gate_inp_shexp", 1, w.hidden);
    }
    return check.status();
}

ConclaveStatus check_routes(const ConclaveMoeWeights& w, int32_t n_rows, const ConclaveRoutes& routes,
                            ConclaveMessage* message)
{
    for (int32_t i = 0; i < n_rows; ++i)
        for (int32_t j = 0; j < w.n_experts_used; ++j)
            if (routes.ids[i * routes.row_stride_k + j] >= w.n_experts)
                return fail(conclave_invalid, message, "Row %d is routed to expert %d of %d.", i,
                            routes.ids[i * routes.row_stride_k + j], w.n_experts);
    return conclave_ok;
}

ConclaveStatus check_embed(const ConclaveMatrix& embedding, const ConclaveBatch& batch, ConclaveMessage* message)
{
    const ConclaveStatus status = check_matrix(embedding, "token_embd", embedding.n_rows, embedding.n_cols, 1, message);
    if (status != conclave_ok)
        return status;
    for (int32_t i = 0; i < batch.n_rows; ++i)
        if (batch.token[i] < 0 || batch.token[i] >= embedding.n_rows)
            return fail(conclave_invalid, message, "Token %d of row %d is not in the vocabulary of %lld.",
                        batch.token[i], i, static_cast<long long>(embedding.n_rows));
    return conclave_ok;
}

ConclaveStatus check_mtp(const ConclaveMtpWeights& w, const ConclaveBatch& batch, ConclaveMessage* message)
{
    Checks check(message);
    check.that(w.hidden > 0 && w.enorm && w.hnorm, "A norm of multi-token prediction is missing.");
    check.matrix(w.embedding, "nextn.embed_tokens", w.embedding.n_rows, w.hidden);
    check.matrix(w.eh_proj, "nextn.eh_proj", w.hidden, 2 * static_cast<int64_t>(w.hidden));
    return check.status() != conclave_ok ? check.status() : check_embed(w.embedding, batch, message);
}

} // namespace conclave
