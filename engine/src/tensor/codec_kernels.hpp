#pragma once

#include <cstdint>

#include "tensor/codec.hpp"

/// The functions behind codec(): for every type a plain decoder (NAME_ref.cpp) and its kernels (NAME_cpu.cpp).
namespace conclave
{

#define CONCLAVE_CODEC_KERNELS(name)                                                                                   \
    void decode_##name##_ref(const uint8_t* in, int64_t n, float* out);                                                \
    void decode_##name##_cpu(const uint8_t* in, int64_t n, float* out);                                                \
    void dot_rows_##name##_cpu(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n,                      \
                               const Activation& activation, float* out);

CONCLAVE_CODEC_KERNELS(f32)
CONCLAVE_CODEC_KERNELS(f16)
CONCLAVE_CODEC_KERNELS(bf16)
CONCLAVE_CODEC_KERNELS(f8_e4m3)
CONCLAVE_CODEC_KERNELS(q8_0)
CONCLAVE_CODEC_KERNELS(q4_0)
CONCLAVE_CODEC_KERNELS(q4_1)
CONCLAVE_CODEC_KERNELS(q5_0)
CONCLAVE_CODEC_KERNELS(q5_1)
CONCLAVE_CODEC_KERNELS(q4_k)
CONCLAVE_CODEC_KERNELS(q5_k)
CONCLAVE_CODEC_KERNELS(q6_k)
CONCLAVE_CODEC_KERNELS(iq4_nl)
CONCLAVE_CODEC_KERNELS(mxfp4)
CONCLAVE_CODEC_KERNELS(q2_k)
CONCLAVE_CODEC_KERNELS(q3_k)
CONCLAVE_CODEC_KERNELS(iq4_xs)

#undef CONCLAVE_CODEC_KERNELS

#define CONCLAVE_UNPACK(name) void unpack_##name##_cpu(const uint8_t* row, int64_t n, const UnpackedRow& out);

CONCLAVE_UNPACK(q8_0)
CONCLAVE_UNPACK(q4_0)
CONCLAVE_UNPACK(q4_1)
CONCLAVE_UNPACK(q5_0)
CONCLAVE_UNPACK(q5_1)
CONCLAVE_UNPACK(q4_k)
CONCLAVE_UNPACK(q5_k)
CONCLAVE_UNPACK(q6_k)
CONCLAVE_UNPACK(iq4_nl)
CONCLAVE_UNPACK(mxfp4)
CONCLAVE_UNPACK(q2_k)
CONCLAVE_UNPACK(q3_k)
CONCLAVE_UNPACK(iq4_xs)

#undef CONCLAVE_UNPACK

} // namespace conclave
