#include "base/thread_pool.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.hpp"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace conclave
{

namespace
{

// Loops of one step follow each other within a few microseconds, waking a sleeper takes about 50: spin across the gaps,
// sleep between steps.
constexpr auto spin_time = std::chrono::microseconds(30);
constexpr int pauses_per_look = 16; // a clock read costs about as much as one pause

void pause_briefly()
{
#if defined(__x86_64__) || defined(_M_X64)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

// Spins until done() or the time is up; returns done().
template <class F>
bool spin_until(F done)
{
    const auto end = std::chrono::steady_clock::now() + spin_time;
    do {
        for (int i = 0; i < pauses_per_look; ++i) {
            if (done())
                return true;
            pause_briefly();
        }
    } while (std::chrono::steady_clock::now() < end);
    return done();
}

// The gate of a loop: [epoch 32 | open 1 | workers inside 31]. A worker enters by a compare-and-swap that fails once
// the caller has closed the gate, so a worker that wakes late never holds up a loop whose ranges are all taken.
constexpr uint64_t gate_open = uint64_t{1} << 31;
constexpr uint64_t gate_inside = gate_open - 1;
constexpr uint32_t epoch_of(uint64_t gate)
{
    return static_cast<uint32_t>(gate >> 32);
}

} // namespace

struct ThreadPool::State {
    // Written by the caller while the gate is closed and nobody is inside; read by workers that are inside.
    Body body = nullptr;
    void* context = nullptr;
    int64_t n = 0;
    int64_t grain = 1;

    alignas(64) std::atomic<int64_t> next{0};
    alignas(64) std::atomic<uint64_t> gate{0};
    alignas(64) std::atomic<uint32_t> wake{0}; ///< the epoch again: what sleeping workers wait on
    alignas(64) std::atomic<uint32_t> done{0}; ///< changes when the last worker leaves a closed gate
    std::atomic<bool> stop{false};
    std::atomic<bool> busy{false};
    std::stop_token stop_request;
    std::vector<std::thread> workers; ///< changed by the caller between loops only

    void take_ranges(int thread)
    {
        for (int64_t begin = next.load(std::memory_order_relaxed); begin < n && !stop_request.stop_requested();) {
            // A fair share of half of what is left: long runs at first, short ones where threads meet at the end.
            const int64_t fair = (n - begin) / (2 * (static_cast<int64_t>(workers.size()) + 1)) / grain * grain;
            const int64_t end = std::min(begin + std::max(fair, grain), n);
            if (next.compare_exchange_weak(begin, end, std::memory_order_relaxed)) {
                body(context, begin, end, thread);
                begin = next.load(std::memory_order_relaxed);
            }
        }
    }

    bool try_enter(uint32_t epoch)
    {
        uint64_t seen = gate.load(std::memory_order_relaxed);
        while (epoch_of(seen) == epoch && (seen & gate_open))
            if (gate.compare_exchange_weak(seen, seen + 1, std::memory_order_acquire, std::memory_order_relaxed))
                return true;
        return false;
    }

    void leave()
    {
        const uint64_t before = gate.fetch_sub(1, std::memory_order_acq_rel);
        if (!(before & gate_open) && (before & gate_inside) == 1) {
            done.fetch_add(1, std::memory_order_release);
            done.notify_one();
        }
    }

    void work(int thread, uint32_t epoch)
    {
        for (;;) {
            const auto changed = [&] { return wake.load(std::memory_order_acquire) != epoch; };
            if (!spin_until(changed))
                wake.wait(epoch, std::memory_order_acquire);
            if (!changed())
                continue;
            epoch = wake.load(std::memory_order_acquire);
            if (stop.load(std::memory_order_acquire))
                return;
            if (try_enter(epoch)) {
                take_ranges(thread);
                leave();
            }
        }
    }

    void start(int n_workers)
    {
        stop.store(false, std::memory_order_relaxed);
        workers.reserve(static_cast<size_t>(n_workers));
        // Read here, not in the new thread: a loop or finish() may come before that thread first runs.
        const uint32_t epoch = wake.load(std::memory_order_relaxed);
        for (int i = 0; i < n_workers; ++i)
            workers.emplace_back([this, i, epoch] { work(i + 1, epoch); });
    }

    void finish()
    {
        stop.store(true, std::memory_order_release);
        wake.fetch_add(1, std::memory_order_release);
        wake.notify_all();
        for (std::thread& worker : workers)
            worker.join();
        workers.clear();
    }
};

ThreadPool::ThreadPool(int n_threads) : m_state(std::make_unique<State>())
{
    m_state->start(std::max(n_threads, 1) - 1);
}

ThreadPool::~ThreadPool()
{
    m_state->finish();
}

int ThreadPool::n_threads() const
{
    return static_cast<int>(m_state->workers.size()) + 1;
}

void ThreadPool::set_n_threads(int n_threads)
{
    CONCLAVE_CHECK(!m_state->busy.load(), "the number of threads changes between loops only");
    n_threads = std::max(n_threads, 1);
    if (n_threads == this->n_threads())
        return;
    m_state->finish();
    m_state->start(n_threads - 1);
}

void ThreadPool::set_interrupt(std::stop_token stop)
{
    CONCLAVE_CHECK(!m_state->busy.load(), "what interrupts loops changes between them only");
    m_state->stop_request = std::move(stop);
}

bool ThreadPool::interrupted() const
{
    return m_state->stop_request.stop_requested();
}

void ThreadPool::parallel_for(int64_t n, int64_t grain, Body body, void* context)
{
    State& state = *m_state;
    if (n <= 0 || interrupted())
        return;
    grain = std::max<int64_t>(grain, 1);
    CONCLAVE_CHECK(!state.busy.exchange(true, std::memory_order_acquire), "a thread pool runs one loop at a time");
    if (state.workers.empty() || n <= grain) {
        body(context, 0, n, 0);
        state.busy.store(false, std::memory_order_release);
        return;
    }
    state.body = body;
    state.context = context;
    state.n = n;
    state.grain = grain;
    state.next.store(0, std::memory_order_relaxed);
    const uint32_t epoch = state.wake.load(std::memory_order_relaxed) + 1;
    state.gate.store((uint64_t{epoch} << 32) | gate_open, std::memory_order_release);
    state.wake.store(epoch, std::memory_order_release);
    state.wake.notify_all(); // a system call only when somebody sleeps

    state.take_ranges(0);

    uint32_t done = state.done.load(std::memory_order_acquire);
    uint64_t gate = state.gate.fetch_and(~gate_open, std::memory_order_acq_rel);
    const auto all_left = [&] {
        gate = state.gate.load(std::memory_order_acquire);
        return (gate & gate_inside) == 0;
    };
    while (!spin_until(all_left)) {
        // A worker was descheduled in the middle of a range: give it this core.
        state.done.wait(done, std::memory_order_acquire);
        done = state.done.load(std::memory_order_acquire);
    }
    state.busy.store(false, std::memory_order_release);
}

} // namespace conclave
