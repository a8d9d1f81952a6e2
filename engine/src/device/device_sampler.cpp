#include "device/device_sampler.hpp"

#include <algorithm>

#include "device/cpu_counters.hpp"
#include "device/nvml.hpp"

namespace conclave
{

DeviceSampler::DeviceSampler() = default;
DeviceSampler::~DeviceSampler() = default;

DeviceSample DeviceSampler::sample()
{
    const CpuTimes now = read_cpu_times();
    const MemoryCounters memory = read_memory_counters();
    DeviceSample sample;
    sample.t_ns = now.t_ns;
    sample.memory_total_bytes = memory.total_bytes;
    sample.memory_available_bytes = memory.available_bytes;
    sample.process_resident_bytes = memory.process_resident_bytes;
    sample.process_file_bytes = memory.process_file_bytes;
    if (m_previous) {
        const CpuTimes& before = *m_previous;
        // Counters of some kernels step back by a tick; absent is better than negative.
        if (now.total_seconds && before.total_seconds && *now.total_seconds > *before.total_seconds)
            sample.cpu_utilization = std::clamp(
                (*now.busy_seconds - *before.busy_seconds) / (*now.total_seconds - *before.total_seconds), 0.0, 1.0);
        const double elapsed = 1e-9 * static_cast<double>(now.t_ns - before.t_ns);
        if (now.process_seconds && before.process_seconds && elapsed > 0)
            sample.process_cores = std::max(0.0, (*now.process_seconds - *before.process_seconds) / elapsed);
        if (now.major_faults && before.major_faults && *now.major_faults >= *before.major_faults)
            sample.major_faults = *now.major_faults - *before.major_faults;
    }
    m_previous = std::make_unique<CpuTimes>(now);

    if (!m_nvml)
        m_nvml = std::make_unique<Nvml>();
    sample.gpu_status = m_nvml->status();
    sample.gpus = m_nvml->sample();
    return sample;
}

} // namespace conclave
