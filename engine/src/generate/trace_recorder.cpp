#include "generate/trace_recorder.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace conclave
{

namespace
{

uint64_t bytes_of(uint64_t n_choices, int k)
{
    const uint64_t per_expert = sizeof(float) + sizeof(uint16_t);
    return n_choices * (static_cast<uint64_t>(k) * per_expert + 2 * sizeof(float) + sizeof(uint32_t));
}

/// The arrays of n choices, one after the other.
ConclaveRoutes arrays_in(std::byte* memory, int64_t n, int k, int stride)
{
    ConclaveRoutes routes{};
    routes.weights = reinterpret_cast<float*>(memory);
    routes.margins = routes.weights + n * k;
    routes.group_margins = routes.margins + n;
    routes.groups = reinterpret_cast<uint32_t*>(routes.group_margins + n);
    routes.ids = reinterpret_cast<uint16_t*>(routes.groups + n);
    routes.row_stride_k = static_cast<int64_t>(stride) * k;
    routes.row_stride_one = stride;
    return routes;
}

} // namespace

Result<TraceRecorder> TraceRecorder::create(const ModelInfo& info, int max_rows, bool record, const OpPlace& place)
{
    const size_t n_choices = static_cast<size_t>(max_rows) * (record ? info.moe_layers.size() : 1);
    auto memory = OpOutput::allocate(place, bytes_of(n_choices, info.n_experts_used));
    if (!memory) {
        return memory.error();
    }
    return TraceRecorder(info, record, *std::move(memory));
}

TraceRecorder::TraceRecorder(const ModelInfo& info, bool record, OpOutput memory)
    : m_n_experts(info.n_experts), m_k(info.n_experts_used), m_n_moe_layers(static_cast<int>(info.moe_layers.size())),
      m_record(record), m_memory(std::move(memory)), m_seen_in(static_cast<size_t>(info.n_experts))
{
}

void TraceRecorder::begin(int n_rows)
{
    m_layer = 0;
    m_n_rows = n_rows;
    const int64_t n_choices = static_cast<int64_t>(n_rows) * stride();
    m_n_bytes = bytes_of(static_cast<uint64_t>(n_choices), m_k);
    m_there = arrays_in(m_memory.there<std::byte>(), n_choices, m_k, stride());
    m_here = arrays_in(m_memory.here<std::byte>(), n_choices, m_k, stride());
}

ConclaveRoutes TraceRecorder::next_layer()
{
    CONCLAVE_CHECK(m_layer < m_n_moe_layers, "no more routers than MoE layers");
    const int layer = m_record ? m_layer : 0;
    ++m_layer;
    ConclaveRoutes routes = m_there;
    routes.ids += layer * m_k;
    routes.weights += layer * m_k;
    routes.margins += layer;
    routes.groups += layer;
    routes.group_margins += layer;
    return routes;
}

void TraceRecorder::finish()
{
    CONCLAVE_CHECK(m_layer == m_n_moe_layers, "every MoE layer routed");
    if (!m_record) {
        return;
    }
    uint64_t counted = 0;
    const int n_choices = m_n_rows * m_n_moe_layers;
    for (int choice = 0; choice < n_choices; ++choice) {
        if (++m_choice == 0) { // after 2^32 choices the numbers start again
            std::fill(m_seen_in.begin(), m_seen_in.end(), 0);
            m_choice = 1;
        }
        for (int j = 0; j < m_k; ++j) {
            const uint16_t id = m_here.ids[choice * m_k + j];
            CONCLAVE_CHECK(id < m_n_experts, "a router chooses among the experts there are");
            CONCLAVE_CHECK(m_seen_in[id] != m_choice, "a router chooses an expert once per token");
            m_seen_in[id] = m_choice;
            ++counted;
        }
    }
    CONCLAVE_CHECK(counted == static_cast<uint64_t>(n_choices) * static_cast<uint64_t>(m_k), "rows × k × MoE layers");
    m_sum_counts += counted;
}

void TraceRecorder::leave_out(int n_rows)
{
    if (m_record) {
        m_sum_counts -= static_cast<uint64_t>(n_rows) * static_cast<uint64_t>(m_n_moe_layers * m_k);
    }
}

void TraceRecorder::describe(StepTrace& step, int first, int n_rows) const
{
    step.n_moe_layers = m_n_moe_layers;
    step.k = m_k;
    if (!m_record) {
        return;
    }
    CONCLAVE_CHECK(first >= 0 && first + n_rows <= m_n_rows, "rows that were computed");
    const size_t choices = static_cast<size_t>(n_rows) * static_cast<size_t>(m_n_moe_layers);
    const size_t k = static_cast<size_t>(m_k), before = static_cast<size_t>(first * m_n_moe_layers);
    step.ids = {m_here.ids + before * k, choices * k};
    step.weights = {m_here.weights + before * k, choices * k};
    step.margins = {m_here.margins + before, choices};
    step.groups = {m_here.groups + before, choices};
    step.group_margins = {m_here.group_margins + before, choices};
}

} // namespace conclave
