#include "ops/sample_ops.hpp"

#include "tensor/codec.hpp"

namespace conclave::sample_ops
{

namespace
{

constexpr int32_t n_vocab = 70;
constexpr int32_t n_earlier = 70; // cached positions, more than one piece and one page
constexpr int32_t page_rows = 48;

/// What an op adds to the residual stream; empty when it failed.
Floats change(const Floats& before, const Floats& after, ConclaveStatus status)
{
    if (status != conclave_ok)
        return {};
    Floats out(before.size());
    for (size_t i = 0; i < out.size(); ++i)
        out[i] = after[i] - before[i];
    return out;
}

/// Fills a cache with earlier positions, then attends with n_rows rows of that sequence and of a fresh one. fill and
/// run (batch, caches, x) are the op.
template <class Fill, class Run>
Floats attend(const Samples& s, int32_t row_width, DType cache, Fill fill_cache, Run run)
{
    SampleCaches caches(2, n_earlier + n_rows, page_rows, row_width, cache);
    SampleBatch fill;
    for (int32_t p = 0; p < n_earlier; ++p)
        fill.add(0, p);
    Floats x(s.x.begin(), s.x.begin() + n_earlier * s.hidden);
    ConclaveBatch batch = fill.view();
    if (fill_cache(batch, caches.views.data(), x.data()) != conclave_ok)
        return {};
    SampleBatch rows;
    rows.add(0, n_earlier);
    rows.add(1, 0);
    rows.add(0, n_earlier + 1);
    rows.add(0, n_earlier + 2);
    rows.add(1, 1);
    const Floats before(s.x.begin() + n_earlier * s.hidden, s.x.end());
    Floats after = before;
    batch = rows.view();
    const ConclaveStatus status = run(batch, caches.views.data(), after.data());
    return change(before, after, status);
}

} // namespace

Samples::Samples(DType type) : dtype(type)
{
    const int32_t block = dtype_info(type)->block_size;
    hidden = block == 256 ? 512 : block == 32 ? 192 : 150;
    const int32_t head = block == 256 ? 256 : block == 32 ? 32 : 24;
    mla_shape = {hidden, 3, head, 16, head, block == 256 ? 256 : 64};
    moe_shape = {hidden, 12, 3,
                 block == 256  ? 256
                 : block == 32 ? 96
                               : 50,
                 block == 256  ? 512
                 : block == 32 ? 160
                               : 75};
    moe_shape.group_rule = conclave_group_top2_sum;
    moe_shape.n_group = 3;
    moe_shape.topk_group = 2;
    if (block == 32)
        mla_shape.n_head = 4;
    SampleNumbers numbers(static_cast<uint64_t>(type) + 1);
    mla = std::make_unique<SampleMla>(numbers, type, mla_shape);
    mla_shape.q_lora_rank = block == 256 ? 256 : 96;
    mla_shape.interleaved = false;
    mla_low_rank = std::make_unique<SampleMla>(numbers, type, mla_shape);
    GqaShape gqa_shape = {.hidden = hidden, .n_head = 4, .n_head_kv = 2, .head_dim = head, .n_rot = head, .bias = true};
    gqa = std::make_unique<SampleGqa>(numbers, type, gqa_shape);
    gqa_shape = {.hidden = hidden,
                 .n_head = 3,
                 .n_head_kv = 1,
                 .head_dim = head,
                 .n_rot = head / 2,
                 .qk_norm = conclave_qk_norm_head};
    gqa_per_head = std::make_unique<SampleGqa>(numbers, type, gqa_shape);
    gqa_shape = {.hidden = hidden,
                 .n_head = 2,
                 .n_head_kv = 2,
                 .head_dim = head,
                 .n_rot = head,
                 .qk_norm = conclave_qk_norm_row,
                 .interleaved = true};
    gqa_whole_row = std::make_unique<SampleGqa>(numbers, type, gqa_shape);
    mlp = std::make_unique<SampleMlp>(numbers, type, hidden, moe_shape.shared_width);
    moe = std::make_unique<SampleMoe>(numbers, type, moe_shape);
    MoeShape gated = moe_shape;
    gated.shared_gate = true;
    gated.score = conclave_score_softmax;
    gated.group_rule = conclave_group_none;
    moe_gated = std::make_unique<SampleMoe>(numbers, type, gated);
    gqa_shape = {.hidden = hidden,
                 .n_head = 4,
                 .n_head_kv = 2,
                 .head_dim = head,
                 .n_rot = head,
                 .bias = true,
                 .output_bias = true,
                 .sinks = true,
                 .window = 19};
    gqa_sinks = std::make_unique<SampleGqa>(numbers, type, gqa_shape);
    MoeShape biased = moe_shape;
    biased.shared_width = 0;
    biased.score = conclave_score_logit;
    biased.biased = true;
    biased.group_rule = conclave_group_none;
    moe_biased = std::make_unique<SampleMoe>(numbers, type, biased);
    vocabulary = sample_matrix(numbers, type, 1, n_vocab, hidden);
    x = numbers.floats((n_earlier + n_rows) * static_cast<int64_t>(hidden), 1.0f);
    norm = numbers.floats(hidden, 1.0f);
    mtp = std::make_unique<SampleMtp>(numbers, type, n_vocab, hidden);
}

ConclaveLimits Samples::limits() const
{
    ConclaveLimits l = {};
    l.size = sizeof l;
    l.max_rows = n_earlier;
    l.max_positions = n_earlier + n_rows;
    l.hidden = hidden;
    l.max_intermediate = l.max_expert_intermediate = moe_shape.shared_width;
    l.n_head = 4;
    l.n_head_kv = 2;
    l.max_head_dim = mla_shape.nope + mla_shape.rope;
    l.kv_lora_rank = mla_shape.kv_lora_rank;
    l.q_lora_rank = mla_shape.q_lora_rank;
    l.n_experts = moe_shape.n_experts;
    l.n_experts_used = moe_shape.n_experts_used;
    l.max_vocab_rows = n_rows;
    l.with_mtp = 1;
    return l;
}

Floats attend_mla(const Backend& b, const Samples& s, const SampleMla& layer, ConclaveMlaMode mode, DType cache)
{
    const ConclaveMlaWeights w = layer.view();
    const auto op = [&](const Backend& by) {
        return [&](const ConclaveBatch& batch, const ConclaveCacheView* caches, float* x) {
            return by.table.attention_mla(by.self, &w, &batch, caches, mode, x, nullptr);
        };
    };
    return attend(s, w.kv_lora_rank + w.qk_rope_head_dim, cache, op(b.filler()), op(b));
}

Floats attend_gqa(const Backend& b, const Samples& s, const SampleGqa& layer, DType cache)
{
    const ConclaveGqaWeights w = layer.view();
    const auto op = [&](const Backend& by) {
        return [&](const ConclaveBatch& batch, const ConclaveCacheView* caches, float* x) {
            return by.table.attention_gqa(by.self, &w, &batch, caches, x, nullptr);
        };
    };
    return attend(s, 2 * w.n_head_kv * w.head_dim, cache, op(b.filler()), op(b));
}

Floats embed(const Backend& b, const Samples& s)
{
    SampleBatch rows;
    for (int32_t i = 0; i < n_rows; ++i)
        rows.add(0, i, i * 13 % n_vocab);
    Floats x(static_cast<size_t>(n_rows) * s.hidden);
    const ConclaveMatrix matrix = s.vocabulary.view();
    const ConclaveBatch batch = rows.view();
    return b.table.embed(b.self, &matrix, &batch, x.data(), nullptr) == conclave_ok ? x : Floats();
}

Floats head(const Backend& b, const Samples& s)
{
    const int32_t index[] = {4, 0, 3};
    Floats logits(std::size(index) * n_vocab);
    const ConclaveMatrix matrix = s.vocabulary.view();
    const ConclaveStatus status = b.table.head(b.self, s.norm.data(), 1e-6f, &matrix, s.hidden, s.x.data(), index,
                                               static_cast<int32_t>(std::size(index)), logits.data(), nullptr);
    return status == conclave_ok ? logits : Floats();
}

Floats mlp(const Backend& b, const Samples& s, int32_t rows)
{
    const ConclaveMlpWeights w = s.mlp->view();
    const Floats before(s.x.begin(), s.x.begin() + rows * s.hidden);
    Floats after = before;
    const ConclaveStatus status = b.table.mlp(b.self, &w, rows, after.data(), nullptr);
    return change(before, after, status);
}

Floats moe(const Backend& b, const Samples& s, const SampleMoe& layer, int32_t rows)
{
    const ConclaveMoeWeights w = layer.view();
    SampleRoutes routes(rows, w.n_experts_used);
    const ConclaveRoutes view = routes.view();
    const Floats before(s.x.begin(), s.x.begin() + rows * s.hidden);
    Floats after = before;
    const ConclaveStatus status = b.table.moe(b.self, &w, rows, after.data(), &view, nullptr);
    return change(before, after, status);
}

Floats mtp_mix(const Backend& b, const Samples& s, int32_t rows)
{
    const ConclaveMtpWeights w = s.mtp->view();
    SampleBatch batch;
    for (int32_t i = 0; i < rows; ++i)
        batch.add(0, i, i * 13 % n_vocab);
    const ConclaveBatch view = batch.view();
    Floats mixed(s.x.begin(), s.x.begin() + rows * s.hidden);
    return b.table.mtp_mix(b.self, &w, &view, mixed.data(), nullptr) == conclave_ok ? mixed : Floats();
}

Floats route(const Backend& b, const Samples& s)
{
    const ConclaveMoeWeights w = s.moe->view();
    SampleRoutes routes(n_rows, w.n_experts_used);
    const ConclaveRoutes view = routes.view();
    if (b.table.route(b.self, &w, n_rows, s.x.data(), &view, nullptr) != conclave_ok)
        return {};
    Floats out(routes.ids.begin(), routes.ids.end());
    out.insert(out.end(), routes.weights.begin(), routes.weights.end());
    out.insert(out.end(), routes.groups.begin(), routes.groups.end());
    out.insert(out.end(), routes.margins.begin(), routes.margins.end());
    return out;
}

Floats router_scores(const Backend& b, const Samples& s)
{
    const ConclaveMoeWeights w = s.moe->view();
    Floats scores(static_cast<size_t>(n_rows) * w.n_experts);
    return b.table.router_scores(b.self, &w, n_rows, s.x.data(), scores.data(), nullptr) == conclave_ok ? scores
                                                                                                        : Floats();
}

Floats experts(const Backend& b, const Samples& s)
{
    const ConclaveMoeWeights w = s.moe->view();
    SampleRoutes routes(n_rows, w.n_experts_used);
    for (size_t i = 0; i < routes.ids.size(); ++i) {
        routes.ids[i] = static_cast<uint16_t>(i * 5 % static_cast<size_t>(w.n_experts));
        routes.weights[i] = 0.25f + 0.1f * static_cast<float>(i % 4);
    }
    std::vector<uint8_t> owned(static_cast<size_t>(w.n_experts));
    for (size_t e = 0; e < owned.size(); e += 2)
        owned[e] = 1;
    const ConclaveRoutes view = routes.view();
    Floats out(static_cast<size_t>(n_rows) * s.hidden);
    const ConclaveStatus status =
        b.table.experts(b.self, &w, n_rows, s.x.data(), &view, owned.data(), 1, out.data(), nullptr);
    return status == conclave_ok ? out : Floats();
}

Floats decode(const Samples& s, bool tuned)
{
    const ConclaveMatrix m = s.vocabulary.view();
    Floats out(static_cast<size_t>(m.n_rows * m.n_cols));
    const Codec& c = codec(s.dtype);
    (tuned ? c.decode : c.decode_ref)(static_cast<const uint8_t*>(m.data), m.n_rows * m.n_cols, out.data());
    return out;
}

} // namespace conclave::sample_ops
