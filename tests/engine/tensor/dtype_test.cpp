#include "tensor/dtype.hpp"

#include <gtest/gtest.h>

#include "tensor/codec.hpp"

namespace conclave
{
namespace
{

TEST(DType, EveryTypeHasItsInfoAndCodec)
{
    EXPECT_EQ(all_dtypes().size(), 26u);
    for (const DTypeInfo& info : all_dtypes()) {
        EXPECT_EQ(dtype_info(info.dtype), &info);
        const Codec& type = codec(info.dtype);
        EXPECT_EQ(type.dtype, info.dtype);
        EXPECT_TRUE(type.decode_ref && type.decode && type.dot_rows) << info.name;
        EXPECT_EQ(type.takes_int8, info.block_size > 1) << info.name;
    }
}

TEST(DType, NumbersAreThoseOfGgml)
{
    EXPECT_EQ(dtype_info(14)->name, "Q6_K");
    EXPECT_EQ(dtype_info(14)->block_bytes, 210);
    EXPECT_EQ(dtype_info(30)->name, "BF16");
    EXPECT_EQ(dtype_info(39)->name, "MXFP4");
    EXPECT_EQ(dtype_info(39)->block_bytes, 17);
    EXPECT_EQ(dtype_info(first_own_dtype)->name, "F8_E4M3") << "of no GGUF";
    for (const int32_t unknown : {-1, 4, 5, 9, 15, 31, 40, 137, 200, 1 << 30})
        EXPECT_EQ(dtype_info(unknown), nullptr) << unknown;
}

TEST(DTypeDeathTest, ACodecOfNoTypeIsABug)
{
    EXPECT_DEATH(codec(static_cast<DType>(9)), "no file can have");
}

} // namespace
} // namespace conclave
