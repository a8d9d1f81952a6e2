#include "tensor/codec.hpp"

#include <array>

#include "base/check.hpp"
#include "tensor/block_layout.hpp"
#include "tensor/codec_kernels.hpp"
#include "tensor/unpacked.hpp"

namespace conclave
{

namespace
{

template <UnpackRow unpack, int block_bytes, int scales_per_32>
constexpr UnpackedType unpacked_type = {unpack, block_bytes, scales_per_32};

template <UnpackRow unpack, int block_bytes, int scales_per_32>
constexpr Codec unpacked(DType dtype)
{
    constexpr auto& type = unpacked_type<unpack, block_bytes, scales_per_32>;
    constexpr auto decode = [](const uint8_t* in, int64_t n, float* out) { decode_unpacked(type, in, n, out); };
    constexpr auto dot_rows = [](const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a,
                                 float* out) { dot_unpacked_rows(type, rows, row_bytes, n_rows, n, a, out); };
    return {dtype, true, decode, decode, dot_rows, unpack, {scales_per_32, false, unpacked_offset_bits}};
}

constexpr std::array<Codec, 26> types = {{
    {DType::F32, false, decode_f32_ref, decode_f32_cpu, dot_rows_f32_cpu, nullptr, {}},
    {DType::F16, false, decode_f16_ref, decode_f16_cpu, dot_rows_f16_cpu, nullptr, {}},
    {DType::BF16, false, decode_bf16_ref, decode_bf16_cpu, dot_rows_bf16_cpu, nullptr, {}},
    {DType::F8_E4M3, false, decode_f8_e4m3_ref, decode_f8_e4m3_cpu, dot_rows_f8_e4m3_cpu, nullptr, {}},
    {DType::Q8_0, true, decode_q8_0_ref, decode_q8_0_cpu, dot_rows_q8_0_cpu, unpack_q8_0_cpu, {1, false, 7}},
    {DType::Q4_0, true, decode_q4_0_ref, decode_q4_0_cpu, dot_rows_q4_0_cpu, unpack_q4_0_cpu, {1, false, 3}},
    {DType::Q4_1, true, decode_q4_1_ref, decode_q4_1_cpu, dot_rows_q4_1_cpu, unpack_q4_1_cpu, {1, true, 0}},
    {DType::Q5_0, true, decode_q5_0_ref, decode_q5_0_cpu, dot_rows_q5_0_cpu, unpack_q5_0_cpu, {1, false, 4}},
    {DType::Q5_1, true, decode_q5_1_ref, decode_q5_1_cpu, dot_rows_q5_1_cpu, unpack_q5_1_cpu, {1, true, 0}},
    {DType::Q4_K, true, decode_q4_k_ref, decode_q4_k_cpu, dot_rows_q4_k_cpu, unpack_q4_k_cpu, {1, true, 0}},
    {DType::Q5_K, true, decode_q5_k_ref, decode_q5_k_cpu, dot_rows_q5_k_cpu, unpack_q5_k_cpu, {1, true, 0}},
    {DType::Q6_K, true, decode_q6_k_ref, decode_q6_k_cpu, dot_rows_q6_k_cpu, unpack_q6_k_cpu, {2, false, 5}},
    {DType::IQ4_NL, true, decode_iq4_nl_ref, decode_iq4_nl_cpu, dot_rows_iq4_nl_cpu, unpack_iq4_nl_cpu, {1, false, 7}},
    {DType::MXFP4, true, decode_mxfp4_ref, decode_mxfp4_cpu, dot_rows_mxfp4_cpu, unpack_mxfp4_cpu, {1, false, 4}},
    {DType::Q2_K, true, decode_q2_k_ref, decode_q2_k_cpu, dot_rows_q2_k_cpu, unpack_q2_k_cpu, {2, true, 0}},
    {DType::Q3_K, true, decode_q3_k_ref, decode_q3_k_cpu, dot_rows_q3_k_cpu, unpack_q3_k_cpu, {2, false, 2}},
    {DType::IQ4_XS, true, decode_iq4_xs_ref, decode_iq4_xs_cpu, dot_rows_iq4_xs_cpu, unpack_iq4_xs_cpu, {1, false, 7}},
    unpacked<unpack_iq1_s, iq1_s::n_bytes, 1>(DType::IQ1_S),
    unpacked<unpack_iq1_m, iq1_m::n_bytes, 2>(DType::IQ1_M),
    unpacked<unpack_iq2_xxs, iq2_xxs::n_bytes, 1>(DType::IQ2_XXS),
    unpacked<unpack_iq2_xs, iq2_xs::n_bytes, 2>(DType::IQ2_XS),
    unpacked<unpack_iq2_s, iq2_s::n_bytes, 2>(DType::IQ2_S),
    unpacked<unpack_iq3_xxs, iq3_xxs::n_bytes, 1>(DType::IQ3_XXS),
    unpacked<unpack_iq3_s, iq3_s::n_bytes, 1>(DType::IQ3_S),
    unpacked<unpack_tq1_0, tq1_0::n_bytes, 1>(DType::TQ1_0),
    unpacked<unpack_tq2_0, tq2_0::n_bytes, 1>(DType::TQ2_0),
}};

// The gemm over what is unpacked is a tuned kernel.
constexpr auto codecs = [] {
    auto all = types;
    if constexpr (!CONCLAVE_TUNED_KERNELS)
        for (Codec& entry : all)
            entry.unpack = nullptr;
    return all;
}();

} // namespace

const Codec& codec(DType dtype)
{
    for (const Codec& entry : codecs)
        if (entry.dtype == dtype)
            return entry;
    check_failed("a codec was asked for a type that no file can have", "codec(dtype)", __FILE__, __LINE__);
}

} // namespace conclave
