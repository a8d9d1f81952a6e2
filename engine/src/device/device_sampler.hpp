#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "conclave/device.hpp"

namespace conclave
{

struct CpuTimes;
class Nvml;

/// Reads the counters of this machine and this process. Differences are taken against the previous call. Not
/// thread-safe. A call reads a few files of /proc, and each GPU costs four driver calls. The
/// driver's library is loaded at the first call.
class DeviceSampler
{
public:
    DeviceSampler();
    ~DeviceSampler();
    DeviceSampler(const DeviceSampler&) = delete;
    DeviceSampler& operator=(const DeviceSampler&) = delete;

    DeviceSample sample();

private:
    std::unique_ptr<CpuTimes> m_previous; ///< null before the first sample
    std::unique_ptr<Nvml> m_nvml;
};

} // namespace conclave
