#pragma once

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
    std::string kernels = "auto"; ///< "auto", "reference", or a Highway target such as "AVX2"
    LogSink log;                  ///< may be empty
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
    /// Errors: unsupported when `kernels` names nothing this processor has (the message lists what it has).
    static Result<Engine> create(EngineOptions options = {});

    int n_threads() const;
    /// Takes effect with the next step of any session.
    void set_n_threads(int n_threads);
    /// What runs: "reference" or the Highway target chosen, e.g. "AVX3_SPR".
    std::string kernels() const;
    /// Reads the counters; differences are taken against the previous call. A few tens of microseconds.
    DeviceSample sample_devices();
    /// Every op × weight type × SIMD target of this processor against the reference: seconds. Sessions wait meanwhile;
    /// other engines of the process must not compute.
    std::vector<KernelCheck> self_test();

    const std::shared_ptr<EngineState>& state() const { return m_state; } ///< for the engine's own layers

private:
    explicit Engine(std::shared_ptr<EngineState> state) : m_state(std::move(state)) {}
    std::shared_ptr<EngineState> m_state;
};

/// Physical cores of this machine.
int n_physical_cores();
/// The Highway targets this processor can run, best first, e.g. {"AVX3_SPR", "AVX3", "AVX2", "SSE4"}.
std::vector<std::string> supported_kernels();

} // namespace conclave
