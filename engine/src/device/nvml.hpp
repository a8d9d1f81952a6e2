#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conclave/device.hpp"
#include "device/shared_library.hpp"

namespace conclave
{

/// NVIDIA's management library, loaded at run time: no build or start of Conclave needs it. Not thread-safe.
class Nvml
{
public:
    /// Never fails: without a driver there are no GPUs, and status() says why.
    Nvml();
    ~Nvml();
    Nvml(const Nvml&) = delete;
    Nvml& operator=(const Nvml&) = delete;

    /// Why there are no GPUs, e.g. "no NVIDIA driver found"; empty when there are some.
    const std::string& status() const { return m_status; }
    /// One entry per GPU. Power, temperature, load and memory only: the other values of the library cost milliseconds
    /// (PCIe counters block for 20 ms, processes for 4).
    std::vector<GpuSample> sample() const;

private:
    struct Functions;

    bool load();

    SharedLibrary m_library;
    std::unique_ptr<Functions> m_functions;
    std::vector<void*> m_devices;
    std::vector<std::string> m_names;
    std::string m_status;
};

} // namespace conclave
