#include "system/device_sampler.hpp"

conclave::DeviceSample DeviceSampler::sample()
{
    // A little under the readers' second, so that whoever comes on time finds a new one.
    constexpr auto lifetime = std::chrono::milliseconds(900);
    const std::scoped_lock lock(m_mutex);
    const auto now = std::chrono::steady_clock::now();
    if (!m_last || now - m_lastTime >= lifetime) {
        m_last = m_source();
        m_lastTime = now;
    }
    return *m_last;
}
