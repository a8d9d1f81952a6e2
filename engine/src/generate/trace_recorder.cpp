#include "generate/trace_recorder.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace conclave
{

TraceRecorder::TraceRecorder(const ModelInfo& info, int max_rows, bool record)
    : m_n_experts(info.n_experts), m_k(info.n_experts_used), m_n_moe_layers(static_cast<int>(info.moe_layers.size())),
      m_record(record), m_seen_in(static_cast<size_t>(info.n_experts))
{
    const size_t choices = static_cast<size_t>(max_rows) * static_cast<size_t>(record ? m_n_moe_layers : 1);
    m_ids.resize(choices * static_cast<size_t>(m_k));
    m_weights.resize(choices * static_cast<size_t>(m_k));
    m_margins.resize(choices);
    m_groups.resize(choices);
    m_group_margins.resize(choices);
}

ConclaveRoutes TraceRecorder::next_layer()
{
    CONCLAVE_CHECK(m_layer < m_n_moe_layers, "no more routers than MoE layers");
    const int layer = m_record ? m_layer : 0;
    const int stride = m_record ? m_n_moe_layers : 1;
    ++m_layer;
    return {m_ids.data() + layer * m_k,    m_weights.data() + layer * m_k,     m_margins.data() + layer,
            m_groups.data() + layer,       static_cast<int64_t>(stride) * m_k, stride,
            m_group_margins.data() + layer};
}

void TraceRecorder::finish(int n_rows)
{
    CONCLAVE_CHECK(m_layer == m_n_moe_layers, "every MoE layer routed");
    if (!m_record) {
        return;
    }
    uint64_t counted = 0;
    const int n_choices = n_rows * m_n_moe_layers;
    for (int choice = 0; choice < n_choices; ++choice) {
        if (++m_choice == 0) { // after 2^32 choices the numbers start again
            std::fill(m_seen_in.begin(), m_seen_in.end(), 0);
            m_choice = 1;
        }
        for (int j = 0; j < m_k; ++j) {
            const uint16_t id = m_ids[static_cast<size_t>(choice * m_k + j)];
            CONCLAVE_CHECK(id < m_n_experts, "a router chooses among the experts there are");
            CONCLAVE_CHECK(m_seen_in[id] != m_choice, "a router chooses an expert once per token");
            m_seen_in[id] = m_choice;
            ++counted;
        }
    }
    CONCLAVE_CHECK(counted == static_cast<uint64_t>(n_choices) * static_cast<uint64_t>(m_k), "rows × k × MoE layers");
    m_sum_counts += counted;
}

void TraceRecorder::describe(StepTrace& step, int n_rows) const
{
    step.n_moe_layers = m_n_moe_layers;
    step.k = m_k;
    if (!m_record) {
        return;
    }
    const size_t choices = static_cast<size_t>(n_rows) * static_cast<size_t>(m_n_moe_layers);
    step.ids = {m_ids.data(), choices * static_cast<size_t>(m_k)};
    step.weights = {m_weights.data(), choices * static_cast<size_t>(m_k)};
    step.margins = {m_margins.data(), choices};
    step.groups = {m_groups.data(), choices};
    step.group_margins = {m_group_margins.data(), choices};
}

} // namespace conclave
