#include "tensor/codec.hpp"

#include <array>

#include "base/check.hpp"
#include "tensor/codec_kernels.hpp"

namespace conclave
{

namespace
{

constexpr std::array<Codec, 12> codecs = {{
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
}};

} // namespace

const Codec& codec(DType dtype)
{
    for (const Codec& entry : codecs)
        if (entry.dtype == dtype)
            return entry;
    check_failed("a codec was asked for a type that no file can have", "codec(dtype)", __FILE__, __LINE__);
}

} // namespace conclave
