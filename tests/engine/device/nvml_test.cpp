#include "device/nvml.hpp"

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

TEST(Nvml, WithoutADriverItSaysSo)
{
    const Nvml nvml;
    const auto gpus = nvml.sample();
    if (!gpus.empty())
        GTEST_SKIP() << "this machine has an NVIDIA GPU";
    EXPECT_TRUE(nvml.status().starts_with("no NVIDIA") || nvml.status().starts_with("the NVIDIA driver"))
        << nvml.status();
}

TEST(Nvml, WithAGpuItsValuesArePlausible)
{
    const Nvml nvml;
    const auto gpus = nvml.sample();
    if (gpus.empty())
        GTEST_SKIP() << nvml.status();
    EXPECT_EQ(nvml.status(), "");
    for (const GpuSample& gpu : gpus) {
        EXPECT_FALSE(gpu.name.empty());
        ASSERT_TRUE(gpu.memory_total_bytes && gpu.memory_used_bytes);
        EXPECT_GT(*gpu.memory_total_bytes, uint64_t{1} << 29);
        EXPECT_LE(*gpu.memory_used_bytes, *gpu.memory_total_bytes);
        if (gpu.utilization) {
            EXPECT_GE(*gpu.utilization, 0.0);
            EXPECT_LE(*gpu.utilization, 1.0);
        }
        if (gpu.power_watts) {
            EXPECT_GT(*gpu.power_watts, 0.5);
            EXPECT_LT(*gpu.power_watts, 3000.0);
        }
        if (gpu.temperature_celsius) {
            EXPECT_GT(*gpu.temperature_celsius, 0.0);
            EXPECT_LT(*gpu.temperature_celsius, 130.0);
        }
    }
}

} // namespace
} // namespace conclave
