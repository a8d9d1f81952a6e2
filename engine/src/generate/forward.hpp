#pragma once

#include <cstdint>
#include <span>
#include <stop_token>

#include "conclave/result.hpp"
#include "generate/kv_cache.hpp"
#include "generate/trace_recorder.hpp"
#include "model/engine_state.hpp"
#include "model/weights.hpp"
#include "ops/op_table.hpp"

namespace conclave
{

/// One forward step's inputs and where its results go.
struct ForwardStep {
    const Weights& weights;
    const ConclaveBatch& batch;
    KvCache& cache;
    int32_t mla_mode = conclave_mla_auto;
    TraceRecorder& recorder;
    std::span<float> x;        ///< [n_rows, hidden] scratch: the residual stream
    std::stop_token stop = {}; ///< of the turn
};

/// Runs the rows of `step.batch` through every layer; the residual stream is left in step.x and the cache holds the
/// rows. Thread: inside a StepTurn. Errors: what the backend refused; cancelled
/// when a stop was requested, and then the cache holds no more than before.
Result<void> forward(const ConclaveOpTable& ops, ConclaveBackend backend, const ForwardStep& step);

/// logits [row_index.size(), n_vocab] of rows of x.
Result<void> head(const ConclaveOpTable& ops, ConclaveBackend backend, const ForwardStep& step,
                  std::span<const int32_t> row_index, std::span<float> logits);

} // namespace conclave
