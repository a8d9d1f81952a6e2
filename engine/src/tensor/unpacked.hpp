#pragma once

#include <cstdint>

#include "tensor/codec.hpp"

/// Types whose blocks of 256 are taken apart by plain loops into bytes of 64 + quant, and computed with in that form:
/// the rarer ones, whose grids and ternary digits no vector instruction reads well.
namespace conclave
{

constexpr int unpacked_offset_bits = 6;
constexpr float unpacked_offset = 1 << unpacked_offset_bits;

/// Quants and scales of a row of n elements apart.
using UnpackRow = void (*)(const uint8_t* row, int64_t n, const UnpackedRow& out);

struct UnpackedType {
    UnpackRow unpack;
    int block_bytes;
    int scales_per_32; ///< 1 or 2
};

/// Codec::decode and Codec::dot_rows of such a type.
void decode_unpacked(const UnpackedType& type, const uint8_t* in, int64_t n, float* out);
void dot_unpacked_rows(const UnpackedType& type, const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n,
                       const Activation& activation, float* out);

void unpack_iq1_s(const uint8_t* row, int64_t n, const UnpackedRow& out);
void unpack_iq1_m(const uint8_t* row, int64_t n, const UnpackedRow& out);
void unpack_iq2_xxs(const uint8_t* row, int64_t n, const UnpackedRow& out);
void unpack_iq2_xs(const uint8_t* row, int64_t n, const UnpackedRow& out);
void unpack_iq2_s(const uint8_t* row, int64_t n, const UnpackedRow& out);
void unpack_iq3_xxs(const uint8_t* row, int64_t n, const UnpackedRow& out);
void unpack_iq3_s(const uint8_t* row, int64_t n, const UnpackedRow& out);
void unpack_tq1_0(const uint8_t* row, int64_t n, const UnpackedRow& out);
void unpack_tq2_0(const uint8_t* row, int64_t n, const UnpackedRow& out);

} // namespace conclave
