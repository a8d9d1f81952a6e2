#pragma once

#include <cstdint>
#include <vector>

#include "conclave/model.hpp"
#include "conclave/trace.hpp"
#include "ops/op_table.hpp"

namespace conclave
{

/// Holds what the routers of one step wrote, layer by layer, and checks it. Arrays are sized once. With recording off
/// the routers still write (they choose the experts), but each layer over the last. Not thread-safe.
class TraceRecorder
{
public:
    TraceRecorder(const ModelInfo& info, int max_rows, bool record);

    /// Starts a step; one that failed half-way is forgotten.
    void begin() { m_layer = 0; }
    /// Where the next MoE layer of this step writes.
    ConclaveRoutes next_layer();
    /// Ends a step of n_rows: ids of a row distinct and in range, Σ counts = rows × k × MoE layers. A breach is a bug
    /// of a router and ends the program, because everything drawn from it would be wrong.
    void finish(int n_rows);

    bool records() const { return m_record; }
    /// Experts chosen since clear_counts, over all rows and MoE layers. 0 when nothing is recorded.
    uint64_t sum_counts() const { return m_sum_counts; }
    void clear_counts() { m_sum_counts = 0; }
    /// Fills the arrays of `step` for its rows; nothing when recording is off.
    void describe(StepTrace& step, int n_rows) const;

private:
    const int m_n_experts, m_k, m_n_moe_layers;
    const bool m_record;
    std::vector<uint16_t> m_ids;        ///< [max_rows, n_moe_layers, k]
    std::vector<float> m_weights;       ///< [max_rows, n_moe_layers, k]
    std::vector<float> m_margins;       ///< [max_rows, n_moe_layers]
    std::vector<uint32_t> m_groups;     ///< [max_rows, n_moe_layers]
    std::vector<float> m_group_margins; ///< [max_rows, n_moe_layers]
    std::vector<uint32_t> m_seen_in;    ///< [n_experts], number of the last choice the expert was part of
    uint32_t m_choice = 0;
    int m_layer = 0;
    uint64_t m_sum_counts = 0;
};

} // namespace conclave
