#include "tensor/kernel_target.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace conclave
{
namespace
{

TEST(KernelTarget, AutoIsTheBestOfTheList)
{
    const auto targets = supported_kernel_targets();
    ASSERT_TRUE(select_kernel_target("auto") || targets.empty());
    EXPECT_EQ(kernel_target_name(), targets.empty() ? "reference" : targets.front());
}

TEST(KernelTarget, EveryOneCanBeChosenAndTakenBack)
{
    const auto targets = supported_kernel_targets();
    for (const std::string& target : targets) {
        EXPECT_TRUE(select_kernel_target(target));
        EXPECT_EQ(kernel_target_name(), target);
        EXPECT_EQ(supported_kernel_targets(), targets) << "choosing must not shorten the list";
    }
    select_kernel_target("auto");
}

#if defined(__x86_64__)
TEST(KernelTarget, TheBaselineIsAlwaysThere)
{
    const auto targets = supported_kernel_targets();
    if (targets.empty())
        GTEST_SKIP() << "built without Highway";
    EXPECT_EQ(targets.back(), "SSE4");
    EXPECT_EQ(std::ranges::count(targets, "SSE2"), 0);
}
#endif

TEST(KernelTarget, RefusesAnUnknownNameAndKeepsItsChoice)
{
    const std::string before = kernel_target_name();
    for (const char* name : {"", "avx2", "AVX9", "auto "})
        EXPECT_FALSE(select_kernel_target(name)) << name;
    EXPECT_EQ(kernel_target_name(), before);
}

} // namespace
} // namespace conclave
