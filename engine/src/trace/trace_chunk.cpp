#include "trace/trace_chunk.hpp"

#include <algorithm>
#include <format>

namespace conclave
{
namespace
{

void put_varint(ByteWriter& out, uint32_t value)
{
    for (; value >= 0x80; value >>= 7) {
        out.put(static_cast<uint8_t>(value | 0x80));
    }
    out.put(static_cast<uint8_t>(value));
}

void put_counts(ByteWriter& out, const std::vector<uint32_t>& counts)
{
    for (size_t i = 0; i < counts.size();) {
        put_varint(out, counts[i]);
        const size_t zero = i;
        ++i;
        if (counts[zero] == 0) {
            while (i < counts.size() && counts[i] == 0) {
                ++i;
            }
            put_varint(out, static_cast<uint32_t>(i - zero - 1));
        }
    }
}

/// `values` as numbers of `bytes` bytes each.
template <class T>
void put_narrow(ByteWriter& out, const std::vector<T>& values, size_t bytes)
{
    if (bytes == sizeof(T)) {
        out.put_all(std::span<const T>(values));
        return;
    }
    for (const T value : values) {
        if (bytes == 1) {
            out.put(static_cast<uint8_t>(value));
        } else {
            out.put(static_cast<uint16_t>(value));
        }
    }
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from)
{
    to.insert(to.end(), from.begin(), from.end());
}

} // namespace

TraceChunk::TraceChunk(TraceShape shape) : m_shape(shape), m_counts(shape.n_moe_layers * shape.n_experts) {}

Result<void> TraceChunk::check_routes(const TraceToken& token) const
{
    const size_t layers = m_shape.n_moe_layers;
    const size_t choices = layers * m_shape.k;
    if (token.ids.size() != choices || token.weights.size() != choices || token.margins.size() != layers ||
        token.groups.size() != layers) {
        return Error{ErrorCode::invalid_argument,
                     std::format("The routes of the token at position {} have {} ids, {} weights, {} margins and {} "
                                 "groups; the trace's header asks for {} layers of {} experts.",
                                 token.position, token.ids.size(), token.weights.size(), token.margins.size(),
                                 token.groups.size(), layers, m_shape.k)};
    }
    if (!valid_experts(m_shape, token.ids.data())) {
        return Error{ErrorCode::invalid_argument,
                     std::format("The token at position {} names an expert twice in a layer, or one of {} and above.",
                                 token.position, m_shape.n_experts)};
    }
    return {};
}

Result<void> TraceChunk::add(const TraceToken& token)
{
    if (token.has_routes) {
        if (const auto fits = check_routes(token); !fits) {
            return fits;
        }
        count_experts(m_shape, token.ids.data(), m_counts);
        append(m_experts, token.ids);
        append(m_weights, token.weights);
        append(m_margins, token.margins);
        append(m_groups, token.groups);
    }
    uint8_t flags = token.generated ? flag_generated : 0;
    flags |= token.has_routes ? flag_routes : 0;
    if (token.logprob) {
        flags |= flag_logprob;
        m_logprobs.push_back(*token.logprob);
    }
    if (token.entropy) {
        flags |= flag_entropy;
        m_entropies.push_back(*token.entropy);
    }
    if (token.t_ns) {
        flags |= flag_time;
        m_times.push_back(*token.t_ns);
    }
    m_flags.push_back(flags);
    m_positions.push_back(token.position);
    m_ids.push_back(token.id);
    m_text_sizes.push_back(static_cast<uint32_t>(token.text.size()));
    m_text += token.text;
    const size_t n_top = std::min<size_t>(token.top.size(), UINT16_MAX);
    m_top_sizes.push_back(static_cast<uint16_t>(n_top));
    for (size_t i = 0; i < n_top; ++i) {
        m_top_ids.push_back(token.top[i].first);
        m_top_logprobs.push_back(token.top[i].second);
    }
    return {};
}

void TraceChunk::put(ByteWriter& out) const
{
    const uint32_t first_group = m_groups.empty() ? 0 : m_groups.front();
    const uint32_t largest = m_groups.empty() ? 0 : *std::max_element(m_groups.begin(), m_groups.end());
    const bool one_group =
        std::all_of(m_groups.begin(), m_groups.end(), [&](uint32_t group) { return group == first_group; });
    const size_t group_bytes = one_group ? 0 : largest <= 0xFF ? 1 : largest <= 0xFFFF ? 2 : 4;

    out.put(static_cast<uint16_t>(size()));
    out.put(static_cast<uint8_t>(expert_bytes(m_shape)));
    out.put(static_cast<uint8_t>(group_bytes));
    if (one_group) {
        out.put(first_group);
    }
    out.put(static_cast<uint16_t>(m_shape.n_moe_layers));
    out.put(static_cast<uint16_t>(m_shape.k));
    out.put_all(std::span<const uint8_t>(m_flags));
    out.put_all(std::span<const int32_t>(m_positions));
    out.put_all(std::span<const int32_t>(m_ids));
    out.put_all(std::span<const uint32_t>(m_text_sizes));
    out.put_all(std::span<const char>(m_text));
    out.put_all(std::span<const float>(m_logprobs));
    out.put_all(std::span<const float>(m_entropies));
    out.put_all(std::span<const int64_t>(m_times));
    out.put_all(std::span<const uint16_t>(m_top_sizes));
    out.put_all(std::span<const int32_t>(m_top_ids));
    out.put_all(std::span<const float>(m_top_logprobs));
    put_narrow(out, m_experts, expert_bytes(m_shape));
    out.put_all(std::span<const float>(m_weights));
    out.put_all(std::span<const float>(m_margins));
    if (!one_group) {
        put_narrow(out, m_groups, group_bytes);
    }
    put_counts(out, m_counts);
}

void TraceChunk::clear()
{
    m_flags.clear();
    m_positions.clear();
    m_ids.clear();
    m_text_sizes.clear();
    m_text.clear();
    m_logprobs.clear();
    m_entropies.clear();
    m_times.clear();
    m_top_sizes.clear();
    m_top_ids.clear();
    m_top_logprobs.clear();
    m_experts.clear();
    m_weights.clear();
    m_margins.clear();
    m_groups.clear();
    std::fill(m_counts.begin(), m_counts.end(), 0);
}

} // namespace conclave
