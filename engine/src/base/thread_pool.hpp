#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <type_traits>

namespace conclave
{

/// Workers that run one parallel loop at a time and sleep when there is none (they spin briefly between loops of a
/// step, because the next one usually follows within microseconds). Not thread-safe: one caller at a time; the caller
/// works too.
class ThreadPool
{
public:
    explicit ThreadPool(int n_threads);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    int n_threads() const;
    /// Between loops only.
    void set_n_threads(int n_threads);

    /// Once the token asks to stop, interrupted() holds and loops leave out the ranges not begun: their results are for
    /// throwing away. Between loops only; a default token ends it.
    void set_interrupt(std::stop_token stop);
    /// For long ranges, which may end early as well.
    bool interrupted() const;

    using Body = void (*)(void* context, int64_t begin, int64_t end, int thread);
    /// Calls body over [0, n) in ranges that start at multiples of `grain`, taken by whichever thread is free: the
    /// first are long, the last are one grain. Returns when all are done. Allocates nothing.
    void parallel_for(int64_t n, int64_t grain, Body body, void* context);

    /// The same for a callable f(begin, end, thread).
    template <class F>
    void for_ranges(int64_t n, int64_t grain, F&& f)
    {
        parallel_for(
            n, grain,
            [](void* c, int64_t begin, int64_t end, int thread) {
                (*static_cast<std::remove_reference_t<F>*>(c))(begin, end, thread);
            },
            const_cast<void*>(static_cast<const void*>(&f)));
    }

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace conclave
