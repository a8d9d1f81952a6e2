#include "device/device_sampler.hpp"

#include <chrono>
#include <gtest/gtest.h>

namespace conclave
{
namespace
{

TEST(DeviceSampler, DifferencesNeedTwoSamples)
{
    DeviceSampler sampler;
    const DeviceSample first = sampler.sample();
    EXPECT_FALSE(first.cpu_utilization);
    EXPECT_FALSE(first.process_cores);
    EXPECT_FALSE(first.major_faults);
    EXPECT_TRUE(first.memory_total_bytes && first.process_resident_bytes);

    volatile double work = 1;
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(120);
    while (std::chrono::steady_clock::now() < end)
        work = work * 1.0000001;
    const DeviceSample second = sampler.sample();
    ASSERT_TRUE(second.cpu_utilization && second.process_cores);
    EXPECT_GT(second.t_ns, first.t_ns);
    EXPECT_GE(*second.cpu_utilization, 0.0);
    EXPECT_LE(*second.cpu_utilization, 1.0);
    // One thread was busy; a loaded machine may not have given it a whole core.
    EXPECT_GT(*second.process_cores, 0.02);
    EXPECT_LT(*second.process_cores, 1.5);
}

TEST(DeviceSampler, SaysWhyThereAreNoGpus)
{
    DeviceSampler sampler;
    const DeviceSample sample = sampler.sample();
    EXPECT_EQ(sample.gpus.empty(), !sample.gpu_status.empty()) << sample.gpu_status;
}

} // namespace
} // namespace conclave
