#pragma once

#include <functional>
#include <memory>
#include <span>

#include "conclave/model.hpp"
#include "conclave/trace.hpp"
#include "generate/branch_shelf.hpp"
#include "generate/kv_cache.hpp"
#include "ops/op_table.hpp"

/// One token of a run computed again, with what its routers read.
struct RoutedRow {
    int position = 0;
    std::vector<std::span<const float>> inputs; ///< [n_moe_layers] of [hidden]: the residual stream before the norm
    std::span<const uint16_t> ids;              ///< [n_moe_layers, k] chosen this time
    std::span<const float> weights;             ///< [n_moe_layers, k]
    std::span<const float> margins;             ///< [n_moe_layers]
    std::span<const uint32_t> groups;           ///< [n_moe_layers]
    std::span<const float> groupMargins;        ///< [n_moe_layers]
};

/// Computes recorded runs again by the engine's own forward pass, in the steps the session took, and looks at what goes
/// into each expert layer on the way. The same steps give the same bits: that what is chosen this time equals the
/// recording to the last bit is the proof that these inputs are those of the recorded run.
class RoutedRows
{
public:
    /// `nContext` and `prefillChunk` as the session had them; runs are given in the order in which it made them.
    RoutedRows(std::shared_ptr<const conclave::Model> model, int nContext, int prefillChunk);

    /// Calls `row` for every token that the run computed. False when a step failed.
    bool computeAgain(const conclave::Trace& run, const std::function<void(const RoutedRow&)>& row);

    const ConclaveMoeWeights& router(size_t moeLayer) const;
    size_t moeLayers() const { return m_moeLayers.size(); }

private:
    bool step(std::span<const int32_t> ids, const std::function<void(const RoutedRow&)>& row);

    const std::shared_ptr<const conclave::Model> m_model;
    const int m_prefillChunk;
    std::vector<size_t> m_moeLayers; ///< their indices
    conclave::KvCache m_cache;
    std::vector<int32_t> m_ids; ///< of the cached rows
    conclave::BranchShelf m_branches{conclave::max_branch_rows};
    ConclaveOpTable m_ops;
};
