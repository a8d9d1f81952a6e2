#include "ops/self_test.hpp"

#include <functional>
#include <limits>

#include "ops/gemm.hpp"
#include "ops/op_table.hpp"
#include "ops/rmsnorm.hpp"
#include "ops/sample_ops.hpp"
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

using namespace sample_ops;

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
    for (const int32_t rows : {1, n_many})
        both("mtp_mix " + std::to_string(rows) + (rows == 1 ? " row" : " rows"), bound,
             [&](const Backend& b) { return mtp_mix(b, s, rows); });
    both("experts", bound, [&](const Backend& b) { return experts(b, s); });
    both("head", bound, [&](const Backend& b) { return head(b, s); });
    if (dtype == DType::F32) { // routers are F32, whatever the experts are
        both("route", elementwise_bound, [&](const Backend& b) { return route(b, s); });
        both("router_scores", elementwise_bound, [&](const Backend& b) { return router_scores(b, s); });
    }
}

/// Caches kept narrower than they are computed, which the CUDA backend has not yet. A value on the border between two
/// may fall to either side.
void test_narrow_caches(Report& report, const Samples& s, const Backend& reference, const Backend& tuned)
{
    for (const DType cache : {DType::F16, DType::BF16, DType::Q8_0}) {
        const std::string type = "cache " + std::string(dtype_info(cache)->name);
        report.add("attention_gqa " + type, int8_bound, attend_gqa(reference, s, *s.gqa, cache),
                   [&] { return attend_gqa(tuned, s, *s.gqa, cache); });
        if (s.mla_shape.rope % dtype_info(cache)->block_size != 0)
            continue;
        for (const ConclaveMlaMode mode : {conclave_mla_naive, conclave_mla_absorbed})
            report.add((mode == conclave_mla_naive ? "attention_mla naive " : "attention_mla absorbed ") + type,
                       int8_bound, attend_mla(reference, s, *s.mla, mode, cache),
                       [&] { return attend_mla(tuned, s, *s.mla, mode, cache); });
    }
}

/// What gpt-oss has and the CUDA backend has not yet.
void test_host_ops(Report& report, const Samples& s, const Backend& reference, const Backend& tuned)
{
    const std::string type(dtype_info(s.dtype)->name);
    const double bound = codec(s.dtype).takes_int8 ? int8_bound : float_bound;
    report.add("attention_gqa sinks, window " + type, bound, attend_gqa(reference, s, *s.gqa_sinks),
               [&] { return attend_gqa(tuned, s, *s.gqa_sinks); });
    for (const int32_t rows : {1, n_many})
        report.add("moe biased " + std::to_string(rows) + (rows == 1 ? " row " : " rows ") + type, bound,
                   moe(reference, s, *s.moe_biased, rows), [&] { return moe(tuned, s, *s.moe_biased, rows); });
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
        run(Gemm{rows, columns, depth, a.data(), n, GemmRows::floats(b.data(), b_stride), c.data(), columns});
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
    const ClampedGate clamp = {1.7f, 1.0f};
    report.add("clamped_multiply", elementwise_bound,
               unary([&](Floats& v) { clamped_multiply_ref(clamp, v.data(), b.data(), n, v.data()); }),
               [&] { return unary([&](Floats& v) { clamped_multiply(clamp, v.data(), b.data(), n, v.data()); }); });
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
        test_host_ops(report, s, reference, tuned);
        if (type.dtype == DType::Q8_0) // its samples have heads of whole blocks
            test_narrow_caches(report, s, reference, tuned);
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
