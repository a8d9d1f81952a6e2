#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace conclave
{

/// Types that no GGUF has are numbered from here.
constexpr int32_t first_own_dtype = 10'000;

/// Element types of tensors, numbered as ggml numbers them (ggml.h, enum ggml_type), because files carry these numbers.
enum class DType : int32_t {
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q2_K = 10,
    Q3_K = 11,
    Q4_K = 12,
    Q5_K = 13,
    Q6_K = 14,
    IQ2_XXS = 16,
    IQ2_XS = 17,
    IQ3_XXS = 18,
    IQ1_S = 19,
    IQ4_NL = 20,
    IQ3_S = 21,
    IQ2_S = 22,
    IQ4_XS = 23,
    IQ1_M = 29,
    BF16 = 30,
    TQ1_0 = 34,
    TQ2_0 = 35,
    MXFP4 = 39,
    F8_E4M3 = first_own_dtype,
    U8, ///< bytes that a loader puts together to something else; nothing computes with them
};

/// A row of n elements is n / block_size blocks of block_bytes.
struct DTypeInfo {
    DType dtype;
    std::string_view name; ///< as files and people write it, e.g. "Q4_K"
    int block_size;
    int block_bytes;
};

/// Null for a number this build does not know.
const DTypeInfo* dtype_info(int32_t dtype);
inline const DTypeInfo* dtype_info(DType dtype)
{
    return dtype_info(static_cast<int32_t>(dtype));
}
/// All that can be computed with.
std::span<const DTypeInfo> all_dtypes();

} // namespace conclave
