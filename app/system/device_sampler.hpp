#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>

#include "conclave/device.hpp"

/// Shares one reading of the machine's counters among those who want one each second (the device strip, a run's trace):
/// the counters' differences are since the reading before, so two readers would shorten each other's. Any thread.
class DeviceSampler
{
public:
    using Source = std::function<conclave::DeviceSample()>;
    explicit DeviceSampler(Source source) : m_source(std::move(source)) {}

    /// At most a second old.
    conclave::DeviceSample sample();

private:
    const Source m_source;
    std::mutex m_mutex;
    std::optional<conclave::DeviceSample> m_last;     // guarded by m_mutex
    std::chrono::steady_clock::time_point m_lastTime; // guarded by m_mutex
};
