#include "device/cpu_counters.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <vector>

namespace conclave
{
namespace
{

TEST(CpuCounters, TotalsNeverFall)
{
    const CpuTimes first = read_cpu_times();
    volatile double work = 1;
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(60);
    while (std::chrono::steady_clock::now() < end)
        work = work * 1.0000001;
    const CpuTimes second = read_cpu_times();
    ASSERT_TRUE(first.busy_seconds && first.total_seconds && first.process_seconds);
    EXPECT_GT(second.t_ns, first.t_ns);
    EXPECT_GE(*second.busy_seconds, *first.busy_seconds);
    EXPECT_GE(*second.total_seconds, *first.total_seconds);
    EXPECT_GT(*second.process_seconds, *first.process_seconds);
    EXPECT_LE(*first.busy_seconds, *first.total_seconds);
}

TEST(CpuCounters, MemoryIsWithinTheMachine)
{
    std::vector<char> touched(64 << 20, 1);
    const MemoryCounters memory = read_memory_counters();
    ASSERT_TRUE(memory.total_bytes && memory.available_bytes && memory.process_resident_bytes);
    EXPECT_LE(*memory.available_bytes, *memory.total_bytes);
    EXPECT_GE(*memory.process_resident_bytes, touched.size());
    EXPECT_LT(*memory.process_resident_bytes, *memory.total_bytes);
#ifdef __linux__
    ASSERT_TRUE(memory.process_file_bytes);
    EXPECT_LT(*memory.process_file_bytes, *memory.process_resident_bytes - touched.size() + (1 << 20));
#endif
}

} // namespace
} // namespace conclave
