#include "device/shared_library.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <utility>

namespace conclave
{
namespace
{

TEST(SharedLibrary, AMissingOneIsNone)
{
    const SharedLibrary library("libconclave-no-such-library.so.1");
    EXPECT_FALSE(library);
    void (*function)() = nullptr;
    EXPECT_FALSE(library.find("anything", function));
    EXPECT_EQ(function, nullptr);
}

#ifdef __linux__
TEST(SharedLibrary, FindsAndCallsASymbol)
{
    SharedLibrary first("libm.so.6");
    ASSERT_TRUE(first);
    const SharedLibrary library = std::move(first);
    EXPECT_FALSE(first);
    double (*cosine)(double) = nullptr;
    ASSERT_TRUE(library.find("cos", cosine));
    EXPECT_EQ(cosine(0.0), 1.0);
    EXPECT_FALSE(library.find("no_such_symbol", cosine));
    EXPECT_NE(cosine, nullptr) << "an absent symbol changes nothing";
}
#endif

} // namespace
} // namespace conclave
