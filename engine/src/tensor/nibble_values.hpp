#pragma once

#include <cstdint>

namespace conclave
{

/// What the sixteen codes of IQ4_NL and IQ4_XS stand for, as two's complement. Source: ggml-common.h, kvalues_iq4nl.
alignas(16) constexpr uint8_t iq4_values[16] = {129, 152, 173, 191, 207, 221, 234, 246, 1, 13, 25, 38, 53, 69, 89, 113};

constexpr int8_t iq4_value(int code)
{
    return static_cast<int8_t>(iq4_values[code]);
}

/// What the sixteen codes of MXFP4 (E2M1: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives) stand for, doubled, plus 16.
/// Source: OCP Microscaling Formats (MX) Specification 1.0, section 5.3.3.
alignas(16) constexpr uint8_t mxfp4_values[16] = {16, 17, 18, 19, 20, 22, 24, 28, 16, 15, 14, 13, 12, 10, 8, 4};

} // namespace conclave
