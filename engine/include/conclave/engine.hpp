#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "conclave/device.hpp"
#include "conclave/log.hpp"
#include "conclave/result.hpp"

namespace conclave
{

struct EngineOptions {
    int n_threads = 0;            ///< 0: one per physical core
    std::string kernels = "auto"; ///< "auto", "reference", or a Highway target such as "AVX2"; of the processor
    std::string device = "cpu";   ///< where models compute: "cpu", or "cuda:0" and so on
    std::filesystem::path program_folder = {}; ///< where the CUDA backend lies, when a device is asked for
    LogSink log;                               ///< may be empty
};

/// One tuned kernel compared with the reference.
struct KernelCheck {
    std::string name;   ///< op and weight type, e.g. "moe Q4_K"
    std::string target; ///< e.g. "AVX2"
    double nmse = 0;    ///< squared error over squared reference
    double bound = 0;
    bool pass = false;
};

class EngineState;

/// Owns the thread pool, the kernels and the log sink; one per process. Thread-safe. Models and sessions keep what they
/// need of it alive.
class Engine
{
public:
    /// Errors: unsupported when `kernels` names nothing this processor has (the message lists what it has); device when
    /// there is no such device (the message says why).
    static Result<Engine> create(EngineOptions options = {});

    int n_threads() const;
    /// Takes effect with the next step of any session.
    void set_n_threads(int n_threads);
    /// Bytes per second at which so many threads read memory, measured now: a tenth of a second, 256 MB. 0 without
    /// memory for it.
    double read_bandwidth() const;
    /// What runs: "reference", the Highway target chosen, e.g. "AVX3_SPR", or the device, e.g. "cuda:0".
    std::string kernels() const;
    /// Reads the counters; differences are taken against the previous call. A few tens of microseconds.
    DeviceSample sample_devices();
    /// Every op × weight type × SIMD target of this processor, or on the device, against the reference: seconds.
    /// Sessions wait meanwhile; other engines of the process must not compute.
    std::vector<KernelCheck> self_test();

    const std::shared_ptr<EngineState>& state() const { return m_state; } ///< for the engine's own layers

private:
    explicit Engine(std::shared_ptr<EngineState> state) : m_state(std::move(state)) {}
    std::shared_ptr<EngineState> m_state;
};

/// A GPU that models can compute on.
struct CudaDevice {
    std::string name;        ///< as EngineOptions::device takes it
    std::string description; ///< as its maker calls it
    uint64_t total_bytes = 0, free_bytes = 0;
};
struct ComputeDevices {
    std::vector<CudaDevice> cuda;
    std::string cuda_status; ///< why there are none, e.g. "no NVIDIA driver found"
};
/// What there is besides the processor. Starts the driver: a second, perhaps.
ComputeDevices compute_devices(const std::filesystem::path& program_folder);

/// Physical cores of this machine.
int n_physical_cores();
/// The Highway targets this processor can run, best first, e.g. {"AVX3_SPR", "AVX3", "AVX2", "SSE4"}.
std::vector<std::string> supported_kernels();

} // namespace conclave
