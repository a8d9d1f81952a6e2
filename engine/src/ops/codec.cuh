#pragma once

#include "ops/codec_k_blocks.cuh"
#include "ops/op_table.hpp"
#include "tensor/dtype.hpp"

namespace conclave::cuda
{

/// Whether kernels read this type as a file has it, and whether they meet it with int8 activations. What they do not
/// read is unpacked when it is brought to the device.
inline bool reads(int32_t dtype)
{
    switch (static_cast<DType>(dtype)) {
    case DType::F32:
    case DType::F16:
    case DType::BF16:
    case DType::F8_E4M3:
    case DType::Q8_0:
    case DType::Q4_0:
    case DType::Q4_1:
    case DType::Q5_0:
    case DType::Q5_1:
    case DType::Q4_K:
    case DType::Q5_K:
    case DType::Q6_K:
        return true;
    default:
        return false;
    }
}
inline bool takes_int8(int32_t dtype)
{
    const auto type = static_cast<DType>(dtype);
    return reads(dtype) && type != DType::F32 && type != DType::F16 && type != DType::BF16 && type != DType::F8_E4M3;
}

/// Calls use(codec) with the codec of the matrix: one branch for a whole row, the same in every lane, so that one
/// kernel serves every mix of types that a file may have.
template <class Use>
__device__ void with_codec(const ConclaveMatrix& w, Use&& use)
{
    const bool wide = w.row_bytes % 16 == 0;
    switch (static_cast<DType>(w.dtype)) {
    case DType::F32:
        return wide ? use(FloatCodec<ElementF32, 4>()) : use(FloatCodec<ElementF32, 1>());
    case DType::F16:
        return wide ? use(FloatCodec<ElementF16, 8>()) : use(FloatCodec<ElementF16, 1>());
    case DType::BF16:
        return wide ? use(FloatCodec<ElementBF16, 8>()) : use(FloatCodec<ElementBF16, 1>());
    case DType::F8_E4M3:
        return wide ? use(FloatCodec<ElementF8, 16>()) : use(FloatCodec<ElementF8, 1>());
    case DType::Q8_0:
        return use(CodecQ8_0());
    case DType::Q4_0:
        return use(NibbleCodec<LayoutQ4_0>());
    case DType::Q4_1:
        return use(NibbleCodec<LayoutQ4_1>());
    case DType::Q5_0:
        return use(NibbleCodec<LayoutQ5_0>());
    case DType::Q5_1:
        return use(NibbleCodec<LayoutQ5_1>());
    case DType::Q4_K:
        return use(KCodec<LayoutQ4_K>());
    case DType::Q5_K:
        return use(KCodec<LayoutQ5_K>());
    case DType::Q6_K:
        return use(CodecQ6_K());
    default: // nothing that reads() says no to comes here
        return;
    }
}

/// Row r of matrix `index`.
__device__ inline WeightRow weight_row(const ConclaveMatrix& w, int64_t index, int64_t r)
{
    const int64_t block_rows = (w.n_rows + f8_scale_block - 1) / f8_scale_block;
    const int64_t block_cols = (w.n_cols + f8_scale_block - 1) / f8_scale_block;
    return {static_cast<const uint8_t*>(w.data) + index * w.matrix_bytes + r * w.row_bytes,
            w.scale ? w.scale + (index * block_rows + r / f8_scale_block) * block_cols : nullptr};
}

/// One lane's part of row · activation; the warp's sum is the product.
__device__ inline float dot_part(const ConclaveMatrix& w, const WeightRow& row, const DeviceRow& a, int lane)
{
    float sum = 0;
    with_codec(w, [&](auto codec) {
        for (int64_t c = lane; c < w.n_cols / codec.chunk; c += warp_lanes)
            sum += codec.dot(row, c, a);
    });
    return sum;
}

} // namespace conclave::cuda
