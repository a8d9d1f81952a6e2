#include "model/step_lock.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

TEST(StepLock, ThreadsAreServedInOrderOfArrival)
{
    StepLock lock;
    std::string order; // guarded by lock
    std::atomic<int> arrived = 0;
    lock.lock();
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            ++arrived;
            lock.lock();
            order += static_cast<char>('a' + i);
            lock.unlock();
        });
        while (arrived != i + 1 || lock.waiting() != i + 1)
            std::this_thread::yield();
    }
    lock.unlock();
    threads.clear();
    EXPECT_EQ(order, "abcd");
}

} // namespace
} // namespace conclave
