#include <chrono>
#include <ctime>
#include <fcntl.h>
#include <span>
#include <string_view>
#include <unistd.h>

#include "device/cpu_counters.hpp"
#include "device/proc_text.hpp"

namespace conclave
{

namespace
{

/// The start of a small file of /proc; empty when it cannot be read. The buffer is the caller's: no allocation.
std::string_view read_start(const char* path, std::span<char> buffer)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return {};
    const ssize_t n = read(fd, buffer.data(), buffer.size());
    close(fd);
    return {buffer.data(), n > 0 ? static_cast<size_t>(n) : 0};
}

} // namespace

CpuTimes read_cpu_times()
{
    CpuTimes times;
    times.t_ns = std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
    const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
    char buffer[2048];
    parse_proc_stat(read_start("/proc/stat", buffer), ticks_per_second, times);
    parse_proc_self_stat(read_start("/proc/self/stat", buffer), ticks_per_second, times);
    // The same sum with nanoseconds instead of ticks of 10 ms.
    timespec used = {};
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0)
        times.process_seconds = static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
    return times;
}

MemoryCounters read_memory_counters()
{
    MemoryCounters memory;
    char buffer[4096];
    const std::string_view machine = read_start("/proc/meminfo", buffer);
    memory.total_bytes = proc_kilobytes(machine, "MemTotal");
    memory.available_bytes = proc_kilobytes(machine, "MemAvailable");
    const std::string_view process = read_start("/proc/self/status", buffer);
    memory.process_resident_bytes = proc_kilobytes(process, "VmRSS");
    memory.process_file_bytes = proc_kilobytes(process, "RssFile");
    return memory;
}

} // namespace conclave
