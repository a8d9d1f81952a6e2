#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "tensor/block_layout.hpp"
#include "tensor/dtype.hpp"

namespace conclave
{

/// The bytes of a block at which a half starts. (IQ1_M spreads its one over four words; MXFP4 has a byte.)
inline std::vector<int> halves_of(DType dtype)
{
    switch (dtype) {
    case DType::F16:
    case DType::Q8_0:
    case DType::Q4_0:
    case DType::Q5_0:
    case DType::IQ4_NL:
    case DType::IQ4_XS:
    case DType::IQ1_S:
    case DType::IQ2_XXS:
    case DType::IQ2_XS:
    case DType::IQ2_S:
    case DType::IQ3_XXS:
    case DType::IQ3_S:
        return {0};
    case DType::Q4_1:
    case DType::Q5_1:
    case DType::Q4_K:
    case DType::Q5_K:
        return {0, 2};
    case DType::Q2_K:
        return {q2_k::d, q2_k::dmin};
    case DType::Q3_K:
        return {q3_k::d};
    case DType::Q6_K:
        return {q6_k::d};
    case DType::TQ1_0:
        return {tq1_0::d};
    case DType::TQ2_0:
        return {tq2_0::d};
    default:
        return {};
    }
}

/// Random bytes of `n` elements of a type, with scales that are finite and near 2^-6, as weights have them.
inline std::vector<uint8_t> random_blocks(std::mt19937& random, const DTypeInfo& info, int64_t n)
{
    std::vector<uint8_t> bytes(static_cast<size_t>(n / info.block_size * info.block_bytes));
    for (uint8_t& byte : bytes)
        byte = static_cast<uint8_t>(random());
    const auto halves = halves_of(info.dtype);
    for (size_t at = 0; at < bytes.size(); at += static_cast<size_t>(info.block_bytes)) {
        uint8_t* block = &bytes[at];
        for (const int half : halves)
            block[half + 1] = static_cast<uint8_t>((block[half + 1] & 0x83) | 0x24);
        if (info.dtype == DType::F32)
            block[3] = static_cast<uint8_t>((block[3] & 0x80) | 0x3C);
        else if (info.dtype == DType::BF16)
            block[1] = static_cast<uint8_t>((block[1] & 0x80) | 0x3C);
        else if (info.dtype == DType::F8_E4M3 && (block[0] & 0x7F) == 0x7F) // NaN
            block[0] = 0;
        else if (info.dtype == DType::MXFP4)
            block[0] = static_cast<uint8_t>(120 + block[0] % 4);
        else if (info.dtype == DType::IQ1_M) {
            block[iq1_m::scales + 5] = static_cast<uint8_t>((block[iq1_m::scales + 5] & 0x3F) | 0x40);
            block[iq1_m::scales + 7] = static_cast<uint8_t>((block[iq1_m::scales + 7] & 0x8F) | 0x20);
        }
    }
    return bytes;
}

/// Sets the scales and minima of a quantised block to one, in the units of its type.
inline void set_scales_to_one(const DTypeInfo& info, uint8_t* block)
{
    for (const int half : halves_of(info.dtype)) {
        block[half] = 0;
        block[half + 1] = 0x3C;
    }
    if (info.dtype == DType::MXFP4)
        block[0] = 128;
    for (int i = 0; info.dtype == DType::IQ1_M && i < 4; ++i) {
        uint8_t& byte = block[iq1_m::scales + 2 * i + 1];
        byte = static_cast<uint8_t>((byte & 0xF) | (0x3C00 >> 4 * i & 0xF) << 4);
    }
}

} // namespace conclave
