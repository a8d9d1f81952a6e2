#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace conclave
{

/// What the routes of a trace look like; from its header.
struct TraceShape {
    size_t n_moe_layers = 0;
    size_t k = 0;
    size_t n_experts = 0;
};

// A tokens record, n tokens of which r have routes, L layers, E experts (these values reach disk):
//   n u16, bytes per expert id u8 (1 where E <= 256), bytes per group mask u8 (0: all are the one u32 that follows), L
//   u16, k u16; then columns: flags u8 [n], position i32 [n], id i32 [n], text size u32 [n], text, logprob f32, entropy
//   f32, time i64 (of the tokens that have one), alternatives u16 [n], their ids i32 and logprobs f32, experts [r, L,
//   k], weights f32 [r, L, k], margins f32 [r, L], group masks [r, L], counts [L, E].
// Weights stay f32: f16 has a relative step of 2^-11, so a weight of 0.3 could be off by 7e-5, where readers compare to
// 1e-5. Counts are LEB128 numbers; after a zero stands how many more zeros follow, since a chunk of one second touches
// few of the experts. A token of Guide-DS (6 MoE layers, k = 4, 4 groups) takes about 180 bytes, one of DeepSeek-V3 (58
// layers, k = 8) about 2.7 KB.
inline constexpr uint8_t flag_generated = 1;
inline constexpr uint8_t flag_routes = 2;
inline constexpr uint8_t flag_logprob = 4;
inline constexpr uint8_t flag_entropy = 8;
inline constexpr uint8_t flag_time = 16;

inline size_t expert_bytes(const TraceShape& shape)
{
    return shape.n_experts <= 256 ? 1 : 2;
}

/// `experts` [n_moe_layers, k]: all below n_experts, none twice in a layer.
bool valid_experts(const TraceShape& shape, const uint16_t* experts);

/// Adds `experts` [n_moe_layers, k], valid, to `counts` [n_moe_layers, n_experts].
void count_experts(const TraceShape& shape, const uint16_t* experts, std::vector<uint32_t>& counts);

} // namespace conclave
