#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "tensor/dtype.hpp"

namespace conclave
{

/// Random bytes of `n` elements of a type, with scales that are finite and near 2^-6, as weights have them.
inline std::vector<uint8_t> random_blocks(std::mt19937& random, const DTypeInfo& info, int64_t n)
{
    std::vector<uint8_t> bytes(static_cast<size_t>(n / info.block_size * info.block_bytes));
    for (uint8_t& byte : bytes)
        byte = static_cast<uint8_t>(random());
    const auto tame_half = [&](size_t at) { bytes[at + 1] = static_cast<uint8_t>((bytes[at + 1] & 0x83) | 0x24); };
    const auto block_bytes = static_cast<size_t>(info.block_bytes);
    for (size_t block = 0; block < bytes.size(); block += block_bytes)
        switch (info.dtype) {
        case DType::F32:
            bytes[block + 3] = static_cast<uint8_t>((bytes[block + 3] & 0x80) | 0x3C);
            break;
        case DType::BF16:
            bytes[block + 1] = static_cast<uint8_t>((bytes[block + 1] & 0x80) | 0x3C);
            break;
        case DType::F8_E4M3:
            if ((bytes[block] & 0x7F) == 0x7F) // NaN
                bytes[block] = 0;
            break;
        case DType::Q4_1:
        case DType::Q5_1:
        case DType::Q4_K:
        case DType::Q5_K:
            tame_half(block);
            tame_half(block + 2);
            break;
        case DType::Q6_K:
            tame_half(block + 208);
            break;
        case DType::F16:
        case DType::Q8_0:
        case DType::Q4_0:
        case DType::Q5_0:
            tame_half(block);
            break;
        }
    return bytes;
}

} // namespace conclave
