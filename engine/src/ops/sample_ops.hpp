#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/thread_pool.hpp"
#include "ops/hosted_device.hpp"
#include "ops/op_table.hpp"
#include "ops/sample_layers.hpp"

/// Each op once, on random layers of one weight type: what the self-test compares between backends.
namespace conclave::sample_ops
{

constexpr int32_t n_rows = 5;
constexpr int32_t n_many = 40; // three panels of a dense product; experts with and without panels

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
    std::unique_ptr<SampleGqa> gqa_sinks;                        ///< with a window and an output bias, as gpt-oss
    std::unique_ptr<SampleMlp> mlp;
    std::unique_ptr<SampleMoe> moe, moe_gated, moe_biased; ///< the second weighs its shared expert
    std::unique_ptr<SampleMtp> mtp;
    SampleMatrix vocabulary;
    Floats x, norm;

    ConclaveLimits limits() const;
};

/// What an op adds to the residual stream, or gives; empty when it failed.
Floats attend_mla(const Backend& b, const Samples& s, const SampleMla& layer, ConclaveMlaMode mode,
                  DType cache = DType::F32);
Floats attend_gqa(const Backend& b, const Samples& s, const SampleGqa& layer, DType cache = DType::F32);
Floats embed(const Backend& b, const Samples& s);
Floats head(const Backend& b, const Samples& s);
Floats mlp(const Backend& b, const Samples& s, int32_t rows);
Floats moe(const Backend& b, const Samples& s, const SampleMoe& layer, int32_t rows);
Floats mtp_mix(const Backend& b, const Samples& s, int32_t rows);
/// Everything a router decides, as numbers; a wrong id is an error of at least 1 against values of that order.
Floats route(const Backend& b, const Samples& s);
Floats router_scores(const Backend& b, const Samples& s);
/// Half of the experts, on routes that are given: each row takes experts in a fixed pattern.
Floats experts(const Backend& b, const Samples& s);
/// The vocabulary of the samples as floats, by the plain decoder or the tuned one.
Floats decode(const Samples& s, bool tuned);

} // namespace conclave::sample_ops
