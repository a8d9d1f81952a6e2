#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace conclave
{

/// A lock served in order of arrival: sessions that each take it once a step get one step each in turn, which
/// std::mutex does not promise.
class StepLock
{
public:
    void lock()
    {
        std::unique_lock guard(m_mutex);
        const uint64_t ticket = m_next++;
        m_turn.wait(guard, [&] { return m_serving == ticket; });
    }
    void unlock()
    {
        {
            std::lock_guard guard(m_mutex);
            ++m_serving;
        }
        m_turn.notify_all();
    }

    /// How many wait for their turn.
    int waiting()
    {
        std::lock_guard guard(m_mutex);
        const uint64_t held = m_next - m_serving;
        return held > 0 ? static_cast<int>(held - 1) : 0;
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_turn;
    uint64_t m_next = 0;    // guarded by m_mutex
    uint64_t m_serving = 0; // guarded by m_mutex
};

} // namespace conclave
