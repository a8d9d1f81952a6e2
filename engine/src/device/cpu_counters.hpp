#pragma once

#include <cstdint>
#include <optional>

namespace conclave
{

/// Running totals since boot (machine) and since start (process). Absent: the system does not say.
struct CpuTimes {
    int64_t t_ns = 0;                    ///< steady clock
    std::optional<double> busy_seconds;  ///< of all cores together
    std::optional<double> total_seconds; ///< busy and idle
    std::optional<double> process_seconds;
    std::optional<uint64_t> major_faults;
};

struct MemoryCounters {
    std::optional<uint64_t> total_bytes;
    std::optional<uint64_t> available_bytes;
    std::optional<uint64_t> process_resident_bytes;
    std::optional<uint64_t> process_file_bytes; ///< pages of mapped files; Windows does not tell them apart
};

/// Linux: /proc/stat, /proc/self/stat. Windows: GetSystemTimes, GetProcessTimes; no major faults there, because its
/// page fault count is mostly soft ones.
CpuTimes read_cpu_times();
/// Linux: /proc/meminfo, /proc/self/status. Windows: GlobalMemoryStatusEx, GetProcessMemoryInfo.
MemoryCounters read_memory_counters();

} // namespace conclave
