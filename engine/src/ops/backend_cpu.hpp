#pragma once

#include "base/aligned_buffer.hpp"
#include "base/thread_pool.hpp"
#include "ops/op_table.hpp"
#include "ops/scratch.hpp"

namespace conclave
{

/// The angles of a step, computed for its first layer and found again by the others: a step of V3 would otherwise take
/// 61 × 64 sines per row.
struct RopeMemo {
    int32_t* position = nullptr; ///< [n_rows]
    float* frequency = nullptr;  ///< [n_dims / 2]
    float* cos = nullptr;        ///< [n_rows, n_dims / 2]
    float* sin = nullptr;        ///< [n_rows, n_dims / 2]
    int32_t max_rows = 0, max_dims = 0;
    int32_t n_rows = 0, n_dims = 0;
    float magnitude = 0;

    static RopeMemo take(Scratch& scratch, int32_t max_rows, int32_t max_dims);
    /// Makes cos and sin those of the batch. False when the memo is too small.
    bool update(const ConclaveRope& rope, const ConclaveBatch& batch);
    const float* cos_of(int32_t row) const { return cos + static_cast<int64_t>(row) * (n_dims / 2); }
    const float* sin_of(int32_t row) const { return sin + static_cast<int64_t>(row) * (n_dims / 2); }
};

/// State of the Highway backend: borrowed threads and reserved memory. One op at a time.
struct CpuBackend {
    ThreadPool* pool = nullptr;
    AlignedBuffer memory;
    RopeMemo rope;
    size_t n_kept = 0; ///< bytes of memory that outlive an op
    int32_t lanes = 0; ///< most heads that naive attention works on at a time

    Scratch scratch() const { return Scratch(memory.as<std::byte>().subspan(n_kept)); }
};

/// conclave_invalid with the sentence for shapes beyond what prepare() was told.
ConclaveStatus too_large(const char* op, ConclaveMessage* message);

} // namespace conclave
