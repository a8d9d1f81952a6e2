#include <chrono>

#include "device/cpu_counters.hpp"

#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
// After windows.h, which it needs.
#include <psapi.h>

namespace conclave
{

namespace
{

// FILETIME counts 100 ns.
double seconds(const FILETIME& time)
{
    return 1e-7 * static_cast<double>((static_cast<uint64_t>(time.dwHighDateTime) << 32) | time.dwLowDateTime);
}

} // namespace

CpuTimes read_cpu_times()
{
    CpuTimes times;
    times.t_ns = std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
    FILETIME idle, kernel, user, created, ended;
    if (GetSystemTimes(&idle, &kernel, &user)) {
        times.total_seconds = seconds(kernel) + seconds(user); // kernel time holds the idle time
        times.busy_seconds = *times.total_seconds - seconds(idle);
    }
    if (GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user))
        times.process_seconds = seconds(kernel) + seconds(user);
    return times;
}

MemoryCounters read_memory_counters()
{
    MemoryCounters memory;
    MEMORYSTATUSEX status = {};
    status.dwLength = sizeof status;
    if (GlobalMemoryStatusEx(&status)) {
        memory.total_bytes = status.ullTotalPhys;
        memory.available_bytes = status.ullAvailPhys;
    }
    PROCESS_MEMORY_COUNTERS counters = {};
    if (GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters))
        memory.process_resident_bytes = counters.WorkingSetSize;
    return memory;
}

} // namespace conclave
