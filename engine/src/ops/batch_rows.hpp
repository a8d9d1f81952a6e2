#pragma once

#include <cstdint>

#include "ops/op_table.hpp"

namespace conclave
{

/// Multiply-adds of attention below which all heads stay on the calling thread; about what waking another costs.
constexpr int64_t small_attention = 64 * 1024;

/// order [n_rows] = the batch's rows by sequence, in order of first appearance, each sequence in order of position.
/// Quadratic only in the number of sequences.
void sort_rows(const ConclaveBatch& batch, int32_t* order);
/// One past the last of the n entries of `order` that belongs to the sequence of entry `begin`.
int32_t end_of_sequence(const ConclaveBatch& batch, const int32_t* order, int32_t n, int32_t begin);

} // namespace conclave
