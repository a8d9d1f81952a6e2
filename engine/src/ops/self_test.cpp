#include "ops/self_test.hpp"

#include <functional>
#include <limits>
#include <memory>

#include "ops/gemm.hpp"
#include "ops/hosted_device.hpp"
#include "ops/op_table.hpp"
#include "ops/rmsnorm.hpp"
#include "ops/sample_layers.hpp"
#include "ops/vector_math.hpp"
#include "tensor/codec.hpp"
#include "tensor/kernel_target.hpp"

namespace conclave
{

namespace
{

// Float kernels differ from double sums by rounding alone. Int8 activations cost about 3e-5 a product, and an op chains
// three; 5e-4 is also the bound of llama.cpp's test-backend-ops for products.
constexpr double float_bound = 1e-12;
constexpr double int8_bound = 5e-4;
constexpr double elementwise_bound = 1e-11;

constexpr int32_t n_rows = 5;
constexpr int32_t n_many = 40; // three panels of a dense product; experts with and without panels
constexpr int32_t n_vocab = 70;
constexpr int32_t n_earlier = 70; // cached positions, more than one piece and one page
constexpr int32_t page_rows = 48;

using Floats = std::vector<float>;

/// A backend and its table; every call must succeed, so a failure shows as an empty result.
struct Backend {
    Backend(const ConclaveOpTable& t, ThreadPool& pool, const ConclaveLimits& limits) : table(t)
    {
        const ConclaveBackendOptions options = {sizeof(ConclaveBackendOptions), &pool};
        uint64_t bytes = 0;
        if (table.create(&options, &self, nullptr) == conclave_ok)
            ready = table.prepare(self, &limits, &bytes, nullptr) == conclave_ok;
    }
    /// An open device. Its caches are filled by `fills`, which is faster where the device is emulated.
    Backend(HostedDevice& device, const ConclaveLimits& limits, const Backend& fills)
        : table(device.table()), self(device.self()), m_filler(&fills)
    {
        uint64_t bytes = 0;
        ready = table.prepare(self, &limits, &bytes, nullptr) == conclave_ok;
    }
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;
    ~Backend()
    {
        if (self)
            table.destroy(self);
    }

    const Backend& filler() const { return m_filler ? *m_filler : *this; }

    const ConclaveOpTable& table;
    ConclaveBackend self = nullptr;
    bool ready = false;

private:
    const Backend* m_filler = nullptr;
};

/// The random layers of one weight type.
struct Samples {
    explicit Samples(DType type);

    DType dtype;
    int32_t hidden;
    MlaShape mla_shape;
    MoeShape moe_shape;
    std::unique_ptr<SampleMla> mla, mla_low_rank;
    std::unique_ptr<SampleGqa> gqa, gqa_per_head, gqa_whole_row; ///< biased; normed by head; by row
    std::unique_ptr<SampleMlp> mlp;
    std::unique_ptr<SampleMoe> moe, moe_gated; ///< the second weighs its shared expert
    SampleMatrix vocabulary;
    Floats x, norm;

    ConclaveLimits limits() const;
};

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
    vocabulary = sample_matrix(numbers, type, 1, n_vocab, hidden);
    x = numbers.floats((n_earlier + n_rows) * static_cast<int64_t>(hidden), 1.0f);
    norm = numbers.floats(hidden, 1.0f);
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
    return l;
}

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
Floats attend(const Samples& s, int32_t row_width, Fill fill_cache, Run run)
{
    SampleCaches caches(2, n_earlier + n_rows, page_rows, row_width);
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

Floats attend_mla(const Backend& b, const Samples& s, const SampleMla& layer, ConclaveMlaMode mode)
{
    const ConclaveMlaWeights w = layer.view();
    const auto op = [&](const Backend& by) {
        return [&](const ConclaveBatch& batch, const ConclaveCacheView* caches, float* x) {
            return by.table.attention_mla(by.self, &w, &batch, caches, mode, x, nullptr);
        };
    };
    return attend(s, w.kv_lora_rank + w.qk_rope_head_dim, op(b.filler()), op(b));
}

Floats attend_gqa(const Backend& b, const Samples& s, const SampleGqa& layer)
{
    const ConclaveGqaWeights w = layer.view();
    const auto op = [&](const Backend& by) {
        return [&](const ConclaveBatch& batch, const ConclaveCacheView* caches, float* x) {
            return by.table.attention_gqa(by.self, &w, &batch, caches, x, nullptr);
        };
    };
    return attend(s, 2 * w.n_head_kv * w.head_dim, op(b.filler()), op(b));
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

/// Everything a router decides, as numbers; a wrong id is an error of at least 1 against values of that order.
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

/// Half of the experts, on routes that are given: each row takes experts in a fixed pattern.
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

/// Runs a case for every target and compares with the reference's answer, computed once.
class Report
{
public:
    /// Each target is selected before it is tried.
    Report(std::vector<SelfTestResult>& results, std::vector<std::string> targets,
           std::function<void(const std::string&)> select)
        : m_results(results), m_targets(std::move(targets)), m_select(std::move(select))
    {
    }

    void add(const std::string& name, double bound, const Floats& reference, const std::function<Floats()>& tuned)
    {
        for (const std::string& target : m_targets) {
            m_select(target);
            const Floats got = tuned();
            const bool comparable = !reference.empty() && got.size() == reference.size();
            const double nmse = comparable ? normalized_error(got, reference) : std::numeric_limits<double>::infinity();
            m_results.push_back({name, target, nmse, bound, nmse <= bound});
        }
    }

private:
    std::vector<SelfTestResult>& m_results;
    std::vector<std::string> m_targets;
    std::function<void(const std::string&)> m_select;
};

/// Every op with layers of one weight type.
void test_ops(Report& report, const Samples& s, const Backend& reference, const Backend& tuned)
{
    const DType dtype = s.dtype;
    const std::string type(dtype_info(dtype)->name);
    const double bound = codec(dtype).takes_int8 ? int8_bound : float_bound;
    const auto both = [&](const std::string& name, double limit, const std::function<Floats(const Backend&)>& run) {
        report.add(name + " " + type, limit, run(reference), [&] { return run(tuned); });
    };
    both("embed", elementwise_bound, [&](const Backend& b) { return embed(b, s); });
    for (const ConclaveMlaMode mode : {conclave_mla_naive, conclave_mla_absorbed}) {
        const std::string name = mode == conclave_mla_naive ? "attention_mla naive" : "attention_mla absorbed";
        both(name, bound, [&](const Backend& b) { return attend_mla(b, s, *s.mla, mode); });
        both(name + " q_lora", bound, [&](const Backend& b) { return attend_mla(b, s, *s.mla_low_rank, mode); });
    }
    both("attention_gqa bias", bound, [&](const Backend& b) { return attend_gqa(b, s, *s.gqa); });
    both("attention_gqa head norm", bound, [&](const Backend& b) { return attend_gqa(b, s, *s.gqa_per_head); });
    both("attention_gqa row norm", bound, [&](const Backend& b) { return attend_gqa(b, s, *s.gqa_whole_row); });
    for (const int32_t rows : {1, n_rows, n_many}) {
        const std::string suffix = " " + std::to_string(rows) + (rows == 1 ? " row" : " rows");
        both("mlp" + suffix, bound, [&](const Backend& b) { return mlp(b, s, rows); });
        both("moe" + suffix, bound, [&](const Backend& b) { return moe(b, s, *s.moe, rows); });
        both("moe gated" + suffix, bound, [&](const Backend& b) { return moe(b, s, *s.moe_gated, rows); });
    }
    both("experts", bound, [&](const Backend& b) { return experts(b, s); });
    both("head", bound, [&](const Backend& b) { return head(b, s); });
    if (dtype == DType::F32) { // routers are F32, whatever the experts are
        both("route", elementwise_bound, [&](const Backend& b) { return route(b, s); });
        both("router_scores", elementwise_bound, [&](const Backend& b) { return router_scores(b, s); });
    }
}

/// A type that a device does not read itself comes as F32, whose kernels are tested as such.
void test_unpacked(Report& report, const Samples& s, const Backend& reference, const Backend& tuned)
{
    const std::string type(dtype_info(s.dtype)->name);
    report.add("embed " + type, elementwise_bound, embed(reference, s), [&] { return embed(tuned, s); });
    report.add("head " + type, float_bound, head(reference, s), [&] { return head(tuned, s); });
    report.add("moe 1 row " + type, float_bound, moe(reference, s, *s.moe, 1),
               [&] { return moe(tuned, s, *s.moe, 1); });
}

/// The kernels that ops are made of, at a length with a tail on every target.
void test_kernels(Report& report)
{
    constexpr int64_t n = 163;
    constexpr int64_t m = 7;
    SampleNumbers numbers(7);
    const Floats a = numbers.floats(m * n, 1.0f);
    const Floats b = numbers.floats(m * n, 1.0f);
    const auto gemm = [&](auto run, int64_t rows, int64_t columns, int64_t depth, int64_t b_stride) {
        Floats c(static_cast<size_t>(rows * columns), 0.5f);
        run(Gemm{rows, columns, depth, a.data(), n, b.data(), b_stride, c.data(), columns});
        return c;
    };
    const auto nn = [](auto kernel) { return [kernel](const Gemm& g) { kernel(g, true); }; };
    report.add("gemm_nt", 1e-11, gemm(gemm_nt_ref, m, m, n, n), [&] { return gemm(gemm_nt, m, m, n, n); });
    report.add("gemm_nn", 1e-11, gemm(nn(gemm_nn_ref), m, n, m, n), [&] { return gemm(nn(gemm_nn), m, n, m, n); });
    const auto unary = [&](auto run) {
        Floats out = a;
        run(out);
        return out;
    };
    report.add("rmsnorm", elementwise_bound,
               unary([&](Floats& v) { rmsnorm_ref(v.data(), b.data(), n, 1e-6f, v.data()); }),
               [&] { return unary([&](Floats& v) { rmsnorm(v.data(), b.data(), n, 1e-6f, v.data()); }); });
    report.add("silu_multiply", elementwise_bound,
               unary([&](Floats& v) { silu_multiply_ref(v.data(), b.data(), n, v.data()); }),
               [&] { return unary([&](Floats& v) { silu_multiply(v.data(), b.data(), n, v.data()); }); });
    report.add("add_scaled", elementwise_bound, unary([&](Floats& v) { add_scaled_ref(0.3f, b.data(), n, v.data()); }),
               [&] { return unary([&](Floats& v) { add_scaled(0.3f, b.data(), n, v.data()); }); });
    report.add("scale_by", elementwise_bound, unary([&](Floats& v) { scale_by_ref(0.3f, n, v.data()); }),
               [&] { return unary([&](Floats& v) { scale_by(0.3f, n, v.data()); }); });
    const auto pieces = [&](auto kernel) { // two pieces, so that the carried state is in the result
        return [&, kernel](Floats& v) {
            OnlineSoftmax state;
            kernel(0.7f, n, v.data(), state);
            v.push_back(kernel(0.7f, n, v.data() + n, state));
            v.push_back(state.largest);
            v.push_back(state.sum);
        };
    };
    report.add("softmax_piece", elementwise_bound, unary(pieces(softmax_piece_ref)),
               [&] { return unary(pieces(softmax_piece)); });
}

} // namespace

std::vector<SelfTestResult> run_self_test(ThreadPool& pool)
{
    const std::string before = kernel_target_name();
    std::vector<SelfTestResult> results;
    Report report(results, supported_kernel_targets(), [](const std::string& target) { select_kernel_target(target); });
    test_kernels(report);
    for (const DTypeInfo& type : all_dtypes()) {
        const Samples s(type.dtype);
        const Backend reference(*conclave_reference_ops(), pool, s.limits());
        const Backend tuned(*conclave_cpu_ops(), pool, s.limits());
        report.add("decode " + std::string(type.name), elementwise_bound, decode(s, false),
                   [&] { return decode(s, true); });
        test_ops(report, s, reference, tuned);
    }
    select_kernel_target(before);
    return results;
}

std::vector<SelfTestResult> run_device_self_test(ThreadPool& pool, const ConclaveOpTable& ops, int32_t device,
                                                 DType dtype)
{
    std::vector<SelfTestResult> results;
    HostedDevice hosted(ops, device, nullptr);
    if (hosted.status() != conclave_ok)
        return results;
    Report report(results, {std::string(ops.name) + ":" + std::to_string(device)}, [](const std::string&) {});
    const Samples s(dtype);
    const Backend reference(*conclave_reference_ops(), pool, s.limits());
    const Backend tuned(hosted, s.limits(), reference);
    if (ops.device->reads(static_cast<int32_t>(dtype)))
        test_ops(report, s, reference, tuned);
    else
        test_unpacked(report, s, reference, tuned);
    return results;
}

} // namespace conclave
