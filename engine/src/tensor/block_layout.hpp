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
namespace iq4_nl
{
constexpr int n = 32, n_bytes = 18, d = 0, qs = 2; // nibbles as Q4_0
}
namespace mxfp4
{
constexpr int n = 32, n_bytes = 17, e = 0, qs = 1; // nibbles as Q4_0
constexpr float offset = 16;
} // namespace mxfp4
namespace q2_k
{
constexpr int n = 256, n_bytes = 84, scales = 0, qs = 16, d = 80, dmin = 82;
}
namespace q3_k
{
constexpr int n = 256, n_bytes = 110, hmask = 0, qs = 32, scales = 96, d = 108;
constexpr float offset = 4;
} // namespace q3_k
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
namespace iq4_xs
{
constexpr int n = 256, n_bytes = 136, d = 0, scales_h = 2, scales_l = 4, qs = 8; // nibbles of each 32 as Q4_0
}
namespace iq1_s
{
constexpr int n = 256, n_bytes = 50, d = 0, qs = 2, qh = 34;
}
namespace iq1_m
{
constexpr int n = 256, n_bytes = 56, qs = 0, qh = 32, scales = 48; // d lies in the upper nibbles of the scales
}
namespace iq2_xxs
{
constexpr int n = 256, n_bytes = 66, d = 0, qs = 2;
}
namespace iq2_xs
{
constexpr int n = 256, n_bytes = 74, d = 0, qs = 2, scales = 66;
}
namespace iq2_s
{
constexpr int n = 256, n_bytes = 82, d = 0, qs = 2, signs = 34, qh = 66, scales = 74;
}
namespace iq3_xxs
{
constexpr int n = 256, n_bytes = 98, d = 0, qs = 2, signs = 66;
}
namespace iq3_s
{
constexpr int n = 256, n_bytes = 110, d = 0, qs = 2, qh = 66, signs = 74, scales = 106;
}
namespace tq1_0
{
constexpr int n = 256, n_bytes = 54, qs = 0, qh = 48, d = 52;
}
namespace tq2_0
{
constexpr int n = 256, n_bytes = 66, qs = 0, d = 64;
}

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
