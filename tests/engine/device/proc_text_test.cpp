#include "device/proc_text.hpp"

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

TEST(ProcText, FindsAKilobyteLine)
{
    const char* text = "MemTotal:       24576000 kB\nMemFree:             10 kB\nMemAvailable:    1234567 "
                       "kB\nHugePages_Total:       3\n";
    EXPECT_EQ(proc_kilobytes(text, "MemTotal"), 24576000ull * 1024);
    EXPECT_EQ(proc_kilobytes(text, "MemAvailable"), 1234567ull * 1024);
    EXPECT_EQ(proc_kilobytes(text, "Mem"), std::nullopt);
    EXPECT_EQ(proc_kilobytes(text, "HugePages_Total"), std::nullopt) << "no kilobytes";
    EXPECT_EQ(proc_kilobytes("", "MemTotal"), std::nullopt);
    EXPECT_EQ(proc_kilobytes("MemTotal:", "MemTotal"), std::nullopt);
    EXPECT_EQ(proc_kilobytes("MemTotal: -5 kB", "MemTotal"), std::nullopt);
}

TEST(ProcText, SumsTheFirstLineOfStat)
{
    CpuTimes times;
    parse_proc_stat("cpu  100 20 30 4000 500 6 7 8 90 10\ncpu0 1 1 1 1 1 1 1 1 1 1\n", 100.0, times);
    EXPECT_DOUBLE_EQ(times.busy_seconds.value(), 1.71);
    EXPECT_DOUBLE_EQ(times.total_seconds.value(), 46.71);
}

TEST(ProcText, ReadsItsOwnProcessWhateverItsName)
{
    // Field 12 is majflt, 14 and 15 are user and system time.
    CpuTimes times;
    parse_proc_self_stat("42 (con) clave :-) S 1 2 3 4 5 6 7 8 9 77 11 250 50 14 15 20", 100.0, times);
    EXPECT_EQ(times.major_faults, 9u);
    times = {};
    parse_proc_self_stat("42 (conclave) S 1 42 42 0 -1 4194304 1000 0 77 0 250 50 0 0 20 0 9 0", 100.0, times);
    EXPECT_EQ(times.major_faults, 77u);
    EXPECT_DOUBLE_EQ(times.process_seconds.value(), 3.0);
}

TEST(ProcText, GivesNothingForWhatIsNoStat)
{
    for (const char* text : {"", "cpu", "cpu 1 2 3", "intr 5", ")", "1 (x"}) {
        CpuTimes times;
        parse_proc_stat(text, 100.0, times);
        parse_proc_self_stat(text, 100.0, times);
        EXPECT_FALSE(times.busy_seconds || times.total_seconds || times.process_seconds || times.major_faults) << text;
    }
}

} // namespace
} // namespace conclave
