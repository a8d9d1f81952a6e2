#include "device/read_bandwidth.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <span>
#include <thread>
#include <vector>

#include "base/aligned_buffer.hpp"

namespace conclave
{

namespace
{

constexpr size_t n_bytes = size_t{256} << 20;
constexpr int n_passes = 4;

} // namespace

double read_bandwidth(int n_threads)
{
    const auto buffer = AlignedBuffer::allocate(n_bytes, AlignedBuffer::Pages::huge);
    if (!buffer)
        return 0;
    const std::span<uint64_t> words = buffer->as<uint64_t>();
    std::ranges::fill(words, uint64_t{1}); // untouched pages are all one page of zeros
    std::atomic<uint64_t> sum = 0;         // what is used cannot be optimised away
    double best = 0;
    for (int pass = 0; pass < n_passes; ++pass) {
        const auto begin = std::chrono::steady_clock::now();
        {
            std::vector<std::jthread> threads;
            const size_t share = words.size() / static_cast<size_t>(n_threads);
            for (int t = 0; t < n_threads; ++t)
                threads.emplace_back([&, mine = words.subspan(share * static_cast<size_t>(t), share)] {
                    sum += std::accumulate(mine.begin(), mine.end(), uint64_t{0});
                });
        }
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
        best = std::max(best, static_cast<double>(n_bytes) / seconds.count());
    }
    return sum > 0 ? best : 0;
}

} // namespace conclave
