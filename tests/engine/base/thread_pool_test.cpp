#include "base/thread_pool.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace conclave
{
namespace
{

TEST(ThreadPool, CoversEveryIndexOnce)
{
    for (const int n_threads : {1, 2, 3, 8}) {
        ThreadPool pool(n_threads);
        EXPECT_EQ(pool.n_threads(), n_threads);
        for (const int64_t n : {0, 1, 2, 7, 64, 1000, 4099})
            for (const int64_t grain : {1, 3, 64, 10'000}) {
                std::vector<int> hits(static_cast<size_t>(n), 0); // not atomic: an overlap is a race tsan reports
                std::atomic<int> wrong{0};
                pool.for_ranges(n, grain, [&](int64_t begin, int64_t end, int thread) {
                    if (begin % grain != 0 || (end % grain != 0 && end != n) || begin >= end || thread < 0 ||
                        thread >= n_threads)
                        ++wrong;
                    for (int64_t i = begin; i < end; ++i)
                        ++hits[static_cast<size_t>(i)];
                });
                EXPECT_EQ(wrong.load(), 0);
                for (const int hit : hits)
                    ASSERT_EQ(hit, 1) << n_threads << " threads, n " << n << ", grain " << grain;
            }
    }
}

TEST(ThreadPool, WritesOfOneLoopAreSeenByTheNext)
{
    ThreadPool pool(4);
    constexpr int64_t n = 256;
    std::vector<int64_t> a(n), b(n);
    for (int64_t i = 0; i < n; ++i)
        a[static_cast<size_t>(i)] = i;
    for (int step = 0; step < 2000; ++step) {
        // Each loop reads what another thread may have written in the one before.
        pool.for_ranges(n, 8, [&](int64_t begin, int64_t end, int) {
            for (int64_t i = begin; i < end; ++i)
                b[static_cast<size_t>(i)] = a[static_cast<size_t>((i + 97) % n)] + 1;
        });
        std::swap(a, b);
    }
    for (int64_t i = 0; i < n; ++i)
        EXPECT_EQ(a[static_cast<size_t>(i)], (i + 97 * 2000) % n + 2000);
}

TEST(ThreadPool, AThreadIndexIsNeverUsedTwiceAtOnce)
{
    ThreadPool pool(4);
    std::atomic<int> inside[4] = {};
    std::atomic<int> overlaps{0};
    for (int loop = 0; loop < 200; ++loop)
        pool.for_ranges(64, 1, [&](int64_t, int64_t, int thread) {
            if (inside[thread].fetch_add(1) != 0)
                ++overlaps;
            inside[thread].fetch_sub(1);
        });
    EXPECT_EQ(overlaps.load(), 0);
}

TEST(ThreadPool, WorkersTakePart)
{
    ThreadPool pool(2);
    std::atomic<bool> worker_came{false};
    pool.for_ranges(2, 1, [&](int64_t, int64_t, int thread) {
        if (thread == 1)
            worker_came = true;
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!worker_came && std::chrono::steady_clock::now() < end)
            std::this_thread::yield();
    });
    EXPECT_TRUE(worker_came);
}

TEST(ThreadPool, WakesAfterSleeping)
{
    ThreadPool pool(3);
    for (int i = 0; i < 20; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1)); // longer than the workers spin
        std::atomic<int64_t> sum{0};
        pool.for_ranges(100, 1, [&](int64_t begin, int64_t end, int) { sum += end - begin; });
        EXPECT_EQ(sum.load(), 100);
    }
}

TEST(ThreadPool, AnInterruptedLoopLeavesTheRestUndone)
{
    for (const int n_threads : {1, 3}) {
        ThreadPool pool(n_threads);
        std::stop_source source;
        pool.set_interrupt(source.get_token());
        EXPECT_FALSE(pool.interrupted());
        std::atomic<int64_t> done{0};
        pool.for_ranges(1'000'000, 1, [&](int64_t begin, int64_t end, int) {
            for (; begin < end && !pool.interrupted(); ++begin)
                if (++done == 10)
                    source.request_stop();
        });
        EXPECT_TRUE(pool.interrupted());
        EXPECT_GE(done.load(), 10);
        EXPECT_LE(done.load(), 10 + n_threads);
        pool.for_ranges(5, 1, [&](int64_t, int64_t, int) { ADD_FAILURE() << "a loop after the stop"; });
        pool.set_interrupt({});
        done = 0;
        pool.for_ranges(5, 1, [&](int64_t begin, int64_t end, int) { done += end - begin; });
        EXPECT_EQ(done.load(), 5);
    }
}

TEST(ThreadPool, ChangesItsSizeBetweenLoops)
{
    ThreadPool pool(1);
    for (const int n_threads : {4, 2, 1, 3, 0}) {
        pool.set_n_threads(n_threads);
        EXPECT_EQ(pool.n_threads(), std::max(n_threads, 1));
        std::atomic<int64_t> sum{0};
        pool.for_ranges(1000, 10, [&](int64_t begin, int64_t end, int) { sum += end - begin; });
        EXPECT_EQ(sum.load(), 1000);
    }
}

TEST(ThreadPool, StartsAndEndsWithoutALoop)
{
    for (int i = 0; i < 50; ++i)
        ThreadPool pool(3);
}

#ifndef _WIN32
TEST(ThreadPool, IdleWorkersUseNoProcessor)
{
    ThreadPool pool(4);
    pool.for_ranges(100, 1, [](int64_t, int64_t, int) {});
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    timespec before, after;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    const double used =
        static_cast<double>(after.tv_sec - before.tv_sec) + 1e-9 * static_cast<double>(after.tv_nsec - before.tv_nsec);
    EXPECT_LT(used, 0.05) << "seconds of processor time in 0.3 s of idling; three spinning workers would use up to 0.9";
}
#endif

TEST(ThreadPoolDeathTest, ALoopInsideALoopIsABug)
{
    ThreadPool pool(1);
    EXPECT_DEATH(
        pool.for_ranges(1, 1, [&](int64_t, int64_t, int) { pool.for_ranges(1, 1, [](int64_t, int64_t, int) {}); }),
        "one loop at a time");
}

} // namespace
} // namespace conclave
