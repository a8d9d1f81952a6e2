#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conclave/result.hpp"
#include "conclave/trace.hpp"
#include "trace/trace_bytes.hpp"
#include "trace/trace_layout.hpp"

namespace conclave
{

/// Collects tokens as columns, so that a chunk costs no memory of its own once the first was written.
class TraceChunk
{
public:
    explicit TraceChunk(TraceShape shape);

    /// Errors: invalid_argument when the routes do not have the trace's shape, or an expert is out of range or named
    /// twice.
    Result<void> add(const TraceToken& token);
    size_t size() const { return m_flags.size(); }
    /// The payload of a tokens record.
    void put(ByteWriter& out) const;
    void clear();

private:
    Result<void> check_routes(const TraceToken& token) const;

    TraceShape m_shape;
    std::vector<uint8_t> m_flags;
    std::vector<int32_t> m_positions, m_ids;
    std::vector<uint32_t> m_text_sizes;
    std::string m_text;
    std::vector<float> m_logprobs, m_entropies; // of those that have one, like the rest
    std::vector<int64_t> m_times;
    std::vector<uint16_t> m_top_sizes;
    std::vector<int32_t> m_top_ids;
    std::vector<float> m_top_logprobs;
    std::vector<uint16_t> m_experts;
    std::vector<float> m_weights, m_margins;
    std::vector<uint32_t> m_groups;
    std::vector<uint32_t> m_counts; ///< [n_moe_layers, n_experts]
};

/// Appends the tokens of a chunk. False when the bytes are no chunk of this shape, or its counts are not those of its
/// routes; `tokens` is then as before.
bool get_chunk(ByteReader& in, const TraceShape& shape, std::vector<TraceToken>& tokens);

} // namespace conclave
