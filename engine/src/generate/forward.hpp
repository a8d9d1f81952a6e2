#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>

#include "conclave/result.hpp"
#include "generate/kv_cache.hpp"
#include "generate/trace_recorder.hpp"
#include "model/engine_state.hpp"
#include "model/op_memory.hpp"
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
    std::span<float> x;                           ///< [n_rows, hidden] where ops compute: the residual stream
    std::stop_token stop = {};                    ///< of the turn
    std::span<const int32_t> logits_of = {};      ///< rows whose logits are wanted
    const OpOutput* logits = nullptr;             ///< [logits_of.size(), n_vocab]
    uint64_t key = 0;                             ///< of ConclaveDeviceTable::begin_step
    PerStage* stage_ns = nullptr;                 ///< gets the time of each stage, where the host computes; may be null
    std::function<void(size_t)> after_layer = {}; ///< gets the layers done, where the host computes; may be empty
};

/// Runs the rows of `step.batch` through every layer; the residual stream is left in step.x, the cache holds the rows,
/// the recorder the routes and step.logits what was wanted. Thread: inside a StepTurn. Errors: what the backend
/// refused; cancelled when a stop was requested, and then the cache holds no more than before.
Result<void> forward(const ConclaveOpTable& ops, ConclaveBackend backend, const ForwardStep& step);

/// Runs the rows of `step.batch` through the block of multi-token prediction: step.x holds what forward() left of their
/// positions, the batch the tokens that came after them. The block's rows of the cache are written, step.x is used up,
/// and step.logits are those of the tokens after that. Of step.recorder only its place to write is needed. Thread and
/// errors as forward.
Result<void> forward_mtp(const ConclaveOpTable& ops, ConclaveBackend backend, const ForwardStep& step);

/// The logits of step.logits_of alone, of an x that forward() left.
Result<void> head(const ConclaveOpTable& ops, ConclaveBackend backend, const ForwardStep& step);

} // namespace conclave
