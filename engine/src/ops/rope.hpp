#pragma once

#include <cstdint>

#include "ops/op_table.hpp"

namespace conclave
{

/// cos and sin [n_dims / 2] of one position, computed in double and rounded once: a float angle at position 131,071 is
/// off by 0.008 rad. magnitude multiplies both.
void rope_table(const ConclaveRope& rope, int32_t position, float* cos, float* sin);

/// The widest rotated part of a head; published ones have at most 256 values.
constexpr int32_t max_rope_dims = 4096;

/// Rotates x [n_dims ≤ max_rope_dims] in place: (a, b) → (a cos − b sin, a sin + b cos) over adjacent pairs when
/// interleaved, else over pairs half the width apart. Rotated, a pair always lies half the width apart: queries and
/// keys are ordered alike, so no score changes, and a model whose rows a converter paired gives the bits of the one
/// published. Source: Su et al. 2021, eq. 34; which pairing a file needs is the loader's decision.
void rope_rotate(const ConclaveRope& rope, const float* cos, const float* sin, float* x);

} // namespace conclave
