#include "formats/ggml_type_name.hpp"

#include <gtest/gtest.h>

#include "tensor/dtype.hpp"

namespace conclave
{
namespace
{

TEST(GgmlTypeName, NamesKnownAndUnknownTypes)
{
    EXPECT_EQ(ggml_type_name(23), "IQ4_XS (ggml type 23)");
    EXPECT_EQ(ggml_type_name(39), "MXFP4 (ggml type 39)");
    EXPECT_EQ(ggml_type_name(4), "ggml type 4");
    EXPECT_EQ(ggml_type_name(137), "ggml type 137");
    EXPECT_EQ(ggml_type_name(UINT32_MAX), "ggml type 4294967295");
}

TEST(GgmlTypeName, AgreesWithTheTypesThatAreRead)
{
    for (const DTypeInfo& info : all_dtypes())
        EXPECT_TRUE(static_cast<int32_t>(info.dtype) >= first_own_dtype ||
                    ggml_type_name(static_cast<uint32_t>(info.dtype)).starts_with(std::string(info.name) + " "))
            << info.name;
}

} // namespace
} // namespace conclave
