#include "tensor/dtype.hpp"

#include <algorithm>
#include <array>

namespace conclave
{

namespace
{

constexpr std::array<DTypeInfo, 12> infos = {{
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
    return infos;
}

} // namespace conclave
