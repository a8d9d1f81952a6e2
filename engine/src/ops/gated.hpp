#pragma once

#include <cstdint>
#include <span>

#include "base/thread_pool.hpp"
#include "ops/activation_rows.hpp"
#include "ops/gated_extras.hpp"
#include "ops/op_table.hpp"

namespace conclave
{

/// One gated unit (a dense MLP, a routed or a shared expert) and the rows that go through it.
struct GatedJob {
    const ConclaveMatrix* gate;
    const ConclaveMatrix* up;
    const ConclaveMatrix* down;
    int64_t index;        ///< of the expert in stacked matrices
    int32_t n_pairs;      ///< rows that use it
    const int32_t* rows;  ///< [n_pairs], ascending; null: pair i is row i
    const float* weights; ///< [n_pairs]; null: 1
    ActivationRows inner; ///< silu(gate) ⊙ up of pair i goes to its row first + i
    int64_t first;
    int64_t first_panel; ///< panels_of(n_pairs) are this job's
    GatedExtras extras = {};
};

struct GatedCall {
    std::span<const GatedJob> jobs; ///< the sum is in this order
    const ActivationRows* input;    ///< [n_rows, hidden], quantised if any gate or up asks for it
    int64_t n_rows;
    float* out;                ///< [n_rows, hidden]
    float* x;                  ///< [n_rows, hidden] += out; or null
    const PanelMemory& memory; ///< panels of the wider of hidden and inner
};

/// out = Σ over jobs of weight · W_down (silu(W_gate n) ⊙ W_up n). Two barriers: gate and up are one pass that also
/// prepares the input of down; down sums over the jobs in order, so no two threads meet in one element. Two more when a
/// job has so many pairs that their rows are regrouped for each pass.
void run_gated(ThreadPool& pool, const GatedCall& call);

} // namespace conclave
