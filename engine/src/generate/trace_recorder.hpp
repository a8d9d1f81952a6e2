#pragma once

#include <cstdint>
#include <vector>

#include "conclave/model.hpp"
#include "conclave/trace.hpp"
#include "model/op_memory.hpp"
#include "ops/op_table.hpp"

namespace conclave
{

/// Holds what the routers of one step wrote, layer by layer, and checks it. Memory is sized once. With recording off
/// the routers still write (they choose the experts), but each layer over the last. Not thread-safe.
class TraceRecorder
{
public:
    /// Errors: out_of_memory.
    static Result<TraceRecorder> create(const ModelInfo& info, int max_rows, bool record, const OpPlace& place = {});

    /// Starts a step of n_rows; one that failed half-way is forgotten.
    void begin(int n_rows);
    /// Where the next MoE layer of this step writes.
    ConclaveRoutes next_layer();
    /// The step was recorded before: its routers write where they wrote then.
    void replay() { m_layer = m_n_moe_layers; }
    /// Begins to bring what the routers wrote, in one copy. Errors: device.
    Result<void> fetch() const { return m_memory.fetch(m_n_bytes); }
    /// Ends the step, once that is here: ids of a row distinct and in range, Σ counts = rows × k × MoE layers. A breach
    /// is a bug of a router and ends the program, because everything drawn from it would be wrong.
    void finish();

    /// Takes the last n rows of the step out of the sum: they were computed for a draft that did not come true.
    void leave_out(int n_rows);

    bool records() const { return m_record; }
    /// Experts chosen since clear_counts, over all rows and MoE layers. 0 when nothing is recorded.
    uint64_t sum_counts() const { return m_sum_counts; }
    void clear_counts() { m_sum_counts = 0; }
    /// Fills the arrays of `step` for all rows that were computed; nothing when recording is off.
    void describe(StepTrace& step) const { describe(step, 0, m_n_rows); }
    /// The same for n_rows of them from `first` on.
    void describe(StepTrace& step, int first, int n_rows) const;

private:
    TraceRecorder(const ModelInfo& info, bool record, OpOutput memory);
    /// How far each layer is from the next, in choices: with recording off there is one.
    int stride() const { return m_record ? m_n_moe_layers : 1; }

    int m_n_experts, m_k, m_n_moe_layers;
    bool m_record;
    OpOutput m_memory;        ///< weights, margins, group margins, groups, ids of a step's rows, one after the other
    ConclaveRoutes m_there{}; ///< where in it routers write: [n_rows, stride, k] and [n_rows, stride]
    ConclaveRoutes m_here{};
    int m_n_rows = 0;
    uint64_t m_n_bytes = 0;
    std::vector<uint32_t> m_seen_in; ///< [n_experts], number of the last choice the expert was part of
    uint32_t m_choice = 0;
    int m_layer = 0;
    uint64_t m_sum_counts = 0;
};

} // namespace conclave
