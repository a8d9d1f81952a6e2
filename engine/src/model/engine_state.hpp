#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.hpp"
#include "conclave/engine.hpp"
#include "device/device_sampler.hpp"
#include "model/op_memory.hpp"
#include "model/step_lock.hpp"
#include "ops/cuda_plugin.hpp"
#include "ops/op_table.hpp"

namespace conclave
{

constexpr int max_threads = 512;

/// What sessions of one engine share: the pool, one backend with its scratch, counters, log. Thread-safe; the backend
/// is used only inside a StepTurn.
class EngineState
{
public:
    static Result<std::shared_ptr<EngineState>> create(EngineOptions options);
    ~EngineState();
    EngineState(const EngineState&) = delete;
    EngineState& operator=(const EngineState&) = delete;

    const ConclaveOpTable& ops() const { return m_ops; }
    /// Where ops compute and their arguments lie. Its memory may be asked for outside of a StepTurn.
    OpPlace place() const { return {m_ops.device, m_backend}; }
    /// A number and the one after it that nobody else has; never 0.
    uint64_t new_step_key() { return m_next_step_key.fetch_add(2); }
    const std::string& kernels() const { return m_kernels; }
    int n_threads() const { return m_n_threads; }
    void set_n_threads(int n_threads);
    /// Grows the backend's scratch to cover `limits` besides all reserved before; waits for its turn. Errors:
    /// out_of_memory, unsupported.
    Result<void> reserve(const ConclaveLimits& limits);
    /// Scratch a backend would hold for `limits` alone.
    uint64_t scratch_bytes(const ConclaveLimits& limits) const;
    DeviceSample sample_devices();
    std::vector<KernelCheck> self_test();
    void log(LogLevel level, std::string_view line);

private:
    friend class StepTurn;
    /// Where an engine computes, by EngineOptions.
    struct Choice {
        const ConclaveOpTable* ops;
        std::string kernels;
        int32_t device;
        std::optional<CudaPlugin> plugin; ///< that `ops` belong to
    };
    static Result<Choice> choose(const EngineOptions& options);
    EngineState(Choice choice, int n_threads, LogSink log);

    const std::optional<CudaPlugin> m_plugin; // first: it goes last
    const ConclaveOpTable& m_ops;
    const std::string m_kernels;
    const int32_t m_device;
    std::atomic<int> m_n_threads;
    std::atomic<uint64_t> m_next_step_key = 1;
    StepLock m_step_lock;
    ThreadPool m_pool;                   // guarded by m_step_lock
    ConclaveBackend m_backend = nullptr; // guarded by m_step_lock
    ConclaveLimits m_limits{};           // guarded by m_step_lock
    std::mutex m_sampler_mutex;
    DeviceSampler m_sampler; // guarded by m_sampler_mutex
    std::mutex m_log_mutex;
    const LogSink m_log; // called under m_log_mutex
};

/// One forward step's hold on the backend; turns are given in order of arrival.
class StepTurn
{
public:
    /// Once `stop` is requested the step's ops return early, with results for throwing away.
    explicit StepTurn(EngineState& engine, std::stop_token stop = {});
    ~StepTurn();
    StepTurn(const StepTurn&) = delete;
    StepTurn& operator=(const StepTurn&) = delete;

    ConclaveBackend backend() const { return m_engine.m_backend; }

private:
    EngineState& m_engine;
};

/// A backend's refusal as an Error.
Error backend_error(ConclaveStatus status, std::string_view message);

} // namespace conclave
