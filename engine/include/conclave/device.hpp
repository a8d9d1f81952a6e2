#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace conclave
{

/// One GPU as the driver describes it. Every value is optional: absent means the driver did not say, never zero.
struct GpuSample {
    std::string name;
    std::optional<double> utilization; ///< share of the driver's sampling window with a kernel running, 0 to 1
    std::optional<uint64_t> memory_used_bytes;
    std::optional<uint64_t> memory_total_bytes;
    std::optional<double> power_watts;
    std::optional<double> temperature_celsius;
};

/// What this machine is doing, read from real counters (/proc, GetSystemTimes, NVML).
struct DeviceSample {
    int64_t t_ns = 0;                      ///< steady clock
    std::optional<double> cpu_utilization; ///< all cores, 0 to 1, since the previous sample; absent in the first
    std::optional<double> process_cores;   ///< cores this process kept busy since the previous sample
    std::optional<uint64_t> memory_total_bytes;
    std::optional<uint64_t> memory_available_bytes;
    std::optional<uint64_t> process_resident_bytes;
    std::optional<uint64_t> process_file_bytes; ///< the part of it that maps files: model weights
    std::optional<uint64_t> major_faults;       ///< since the previous sample; pages that had to come from disk
    std::string gpu_status;                     ///< why `gpus` is empty, e.g. "no NVIDIA driver found"
    std::vector<GpuSample> gpus;
};

} // namespace conclave
