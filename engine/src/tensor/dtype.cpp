#include "tensor/dtype.hpp"

#include <algorithm>
#include <array>

namespace conclave
{

namespace
{

constexpr std::array<DTypeInfo, 27> infos = {{
    {DType::F32, "F32", 1, 4},
    {DType::F16, "F16", 1, 2},
    {DType::BF16, "BF16", 1, 2},
    {DType::F8_E4M3, "F8_E4M3", 1, 1},
    {DType::Q8_0, "Q8_0", 32, 34},
    {DType::Q4_0, "Q4_0", 32, 18},
    {DType::Q4_1, "Q4_1", 32, 20},
    {DType::Q5_0, "Q5_0", 32, 22},
    {DType::Q5_1, "Q5_1", 32, 24},
    {DType::Q4_K, "Q4_K", 256, 144},
    {DType::Q5_K, "Q5_K", 256, 176},
    {DType::Q6_K, "Q6_K", 256, 210},
    {DType::IQ4_NL, "IQ4_NL", 32, 18},
    {DType::MXFP4, "MXFP4", 32, 17},
    {DType::Q2_K, "Q2_K", 256, 84},
    {DType::Q3_K, "Q3_K", 256, 110},
    {DType::IQ4_XS, "IQ4_XS", 256, 136},
    {DType::IQ1_S, "IQ1_S", 256, 50},
    {DType::IQ1_M, "IQ1_M", 256, 56},
    {DType::IQ2_XXS, "IQ2_XXS", 256, 66},
    {DType::IQ2_XS, "IQ2_XS", 256, 74},
    {DType::IQ2_S, "IQ2_S", 256, 82},
    {DType::IQ3_XXS, "IQ3_XXS", 256, 98},
    {DType::IQ3_S, "IQ3_S", 256, 110},
    {DType::TQ1_0, "TQ1_0", 256, 54},
    {DType::TQ2_0, "TQ2_0", 256, 66},
    {DType::U8, "U8", 1, 1},
}};

} // namespace

const DTypeInfo* dtype_info(int32_t dtype)
{
    const auto found =
        std::ranges::find_if(infos, [dtype](const DTypeInfo& i) { return static_cast<int32_t>(i.dtype) == dtype; });
    return found == infos.end() ? nullptr : &*found;
}

std::span<const DTypeInfo> all_dtypes()
{
    return std::span(infos).first(infos.size() - 1); // without U8
}

} // namespace conclave
