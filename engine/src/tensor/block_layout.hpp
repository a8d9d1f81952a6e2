#pragma once

#include <cstdint>

/// Where the parts of a quantised block lie, in bytes from its start. Blocks are read through these and never as
/// structs, because a mapped file gives them no alignment. d and m (dmin) are halves. Source: ggml-common.h.
namespace conclave
{

namespace q8_0
{
constexpr int n = 32, n_bytes = 34, d = 0, qs = 2;
}
namespace q4_0
{
constexpr int n = 32, n_bytes = 18, d = 0, qs = 2; // nibbles: element j low, j + 16 high
constexpr float offset = 8;
} // namespace q4_0
namespace q4_1
{
constexpr int n = 32, n_bytes = 20, d = 0, m = 2, qs = 4;
}
namespace q5_0
{
constexpr int n = 32, n_bytes = 22, d = 0, qh = 2, qs = 6; // bit j of qh is the fifth bit of element j
constexpr float offset = 16;
} // namespace q5_0
namespace q5_1
{
constexpr int n = 32, n_bytes = 24, d = 0, m = 2, qh = 4, qs = 8;
}
namespace q4_k
{
constexpr int n = 256, n_bytes = 144, d = 0, dmin = 2, scales = 4, qs = 16;
}
namespace q5_k
{
constexpr int n = 256, n_bytes = 176, d = 0, dmin = 2, scales = 4, qh = 16, qs = 48;
}
namespace q6_k
{
constexpr int n = 256, n_bytes = 210, ql = 0, qh = 128, scales = 192, d = 208;
constexpr float offset = 32;
} // namespace q6_k

/// Scale and minimum of sub-block j < 8 of Q4_K and Q5_K: six bits each, packed into twelve bytes.
struct ScaleMin {
    uint8_t scale;
    uint8_t min;
};

constexpr ScaleMin k_scale_min(const uint8_t* scales, int j)
{
    if (j < 4)
        return {static_cast<uint8_t>(scales[j] & 63), static_cast<uint8_t>(scales[j + 4] & 63)};
    return {static_cast<uint8_t>((scales[j + 4] & 0xF) | ((scales[j - 4] >> 6) << 4)),
            static_cast<uint8_t>((scales[j + 4] >> 4) | ((scales[j] >> 6) << 4))};
}

} // namespace conclave
