#include "trace/trace_chunk.hpp"

#include <algorithm>
#include <span>

#include "trace/trace_format.hpp"

namespace conclave
{
namespace
{

uint32_t get_varint(ByteReader& in)
{
    uint32_t value = 0;
    for (int shift = 0; shift < 32; shift += 7) {
        const auto byte = in.get<uint8_t>();
        value |= static_cast<uint32_t>(byte & 0x7F) << shift;
        if (byte < 0x80) {
            return value;
        }
    }
    in.fail();
    return 0;
}

/// Whether the stored counts are `counts`.
bool same_counts(ByteReader& in, const std::vector<uint32_t>& counts)
{
    for (size_t i = 0; i < counts.size() && !in.failed();) {
        const uint32_t value = get_varint(in);
        size_t n = 1;
        if (value == 0) {
            n += get_varint(in);
        }
        if (n > counts.size() - i) {
            return false;
        }
        for (; n > 0; --n, ++i) {
            if (counts[i] != value) {
                return false;
            }
        }
    }
    return !in.failed();
}

template <class T>
T get_narrow(ByteReader& in, size_t bytes)
{
    return static_cast<T>(bytes == 1 ? in.get<uint8_t>() : bytes == 2 ? in.get<uint16_t>() : in.get<uint32_t>());
}

struct ChunkHead {
    size_t n = 0, n_routes = 0;
    size_t expert_bytes = 1, group_bytes = 0;
    uint32_t one_group = 0;
    std::vector<uint8_t> flags;
};

bool get_head(ByteReader& in, const TraceShape& shape, ChunkHead& head)
{
    head.n = in.get<uint16_t>();
    head.expert_bytes = in.get<uint8_t>();
    head.group_bytes = in.get<uint8_t>();
    if (head.group_bytes == 0) {
        head.one_group = in.get<uint32_t>();
    }
    const size_t layers = in.get<uint16_t>();
    const size_t k = in.get<uint16_t>();
    const bool known_width = head.group_bytes <= 2 || head.group_bytes == 4;
    if (in.failed() || head.n > trace_chunk_tokens || head.expert_bytes != expert_bytes(shape) || !known_width ||
        layers != shape.n_moe_layers || k != shape.k) {
        return false;
    }
    head.flags = in.get_all<uint8_t>(head.n);
    head.n_routes = static_cast<size_t>(
        std::count_if(head.flags.begin(), head.flags.end(), [](uint8_t flags) { return (flags & flag_routes) != 0; }));
    return !in.failed();
}

template <class T, class Set>
void get_flagged(ByteReader& in, const ChunkHead& head, uint8_t flag, Set set)
{
    for (size_t i = 0; i < head.n; ++i) {
        if ((head.flags[i] & flag) != 0) {
            set(i, in.get<T>());
        }
    }
}

void get_columns(ByteReader& in, const ChunkHead& head, std::span<TraceToken> tokens)
{
    for (size_t i = 0; i < head.n; ++i) {
        tokens[i].generated = (head.flags[i] & flag_generated) != 0;
        tokens[i].has_routes = (head.flags[i] & flag_routes) != 0;
    }
    for (TraceToken& token : tokens) {
        token.position = in.get<int32_t>();
    }
    for (TraceToken& token : tokens) {
        token.id = in.get<int32_t>();
    }
    const auto text_sizes = in.get_all<uint32_t>(head.n);
    for (size_t i = 0; i < text_sizes.size(); ++i) {
        tokens[i].text = in.get_bytes(text_sizes[i]);
    }
    get_flagged<float>(in, head, flag_logprob, [&](size_t i, float value) { tokens[i].logprob = value; });
    get_flagged<float>(in, head, flag_entropy, [&](size_t i, float value) { tokens[i].entropy = value; });
    get_flagged<int64_t>(in, head, flag_time, [&](size_t i, int64_t value) { tokens[i].t_ns = value; });
    const auto top_sizes = in.get_all<uint16_t>(head.n);
    for (size_t i = 0; i < top_sizes.size(); ++i) {
        if (top_sizes[i] * sizeof(tokens[i].top[0]) > in.left()) {
            in.fail();
            return;
        }
        tokens[i].top.resize(top_sizes[i]);
        for (auto& alternative : tokens[i].top) {
            alternative.first = in.get<int32_t>();
        }
    }
    for (TraceToken& token : tokens) {
        for (auto& alternative : token.top) {
            alternative.second = in.get<float>();
        }
    }
}

bool get_routes(ByteReader& in, const TraceShape& shape, const ChunkHead& head, std::span<TraceToken> tokens)
{
    const size_t choices = shape.n_moe_layers * shape.k;
    const size_t mask_bytes = shape.n_moe_layers * head.group_bytes;
    const size_t row = choices * (head.expert_bytes + sizeof(float)) + shape.n_moe_layers * sizeof(float) + mask_bytes;
    if (row != 0 && head.n_routes > in.left() / row) {
        return false;
    }
    std::vector<uint32_t> counts(shape.n_moe_layers * shape.n_experts);
    for (TraceToken& token : tokens) {
        if (token.has_routes) {
            token.ids.resize(choices);
            for (uint16_t& id : token.ids) {
                id = get_narrow<uint16_t>(in, head.expert_bytes);
            }
            if (!valid_experts(shape, token.ids.data())) {
                return false;
            }
            count_experts(shape, token.ids.data(), counts);
        }
    }
    for (TraceToken& token : tokens) {
        if (token.has_routes) {
            token.weights = in.get_all<float>(choices);
        }
    }
    for (TraceToken& token : tokens) {
        if (token.has_routes) {
            token.margins = in.get_all<float>(shape.n_moe_layers);
        }
    }
    for (TraceToken& token : tokens) {
        if (token.has_routes) {
            token.groups.assign(shape.n_moe_layers, head.one_group);
            for (uint32_t& group : token.groups) {
                group = head.group_bytes == 0 ? group : get_narrow<uint32_t>(in, head.group_bytes);
            }
        }
    }
    return same_counts(in, counts);
}

} // namespace

bool get_chunk(ByteReader& in, const TraceShape& shape, std::vector<TraceToken>& tokens)
{
    ChunkHead head;
    if (!get_head(in, shape, head)) {
        return false;
    }
    const size_t before = tokens.size();
    tokens.resize(before + head.n);
    const std::span<TraceToken> added = std::span(tokens).subspan(before);
    get_columns(in, head, added);
    if (in.failed() || !get_routes(in, shape, head, added)) {
        tokens.resize(before);
        return false;
    }
    return true;
}

} // namespace conclave
