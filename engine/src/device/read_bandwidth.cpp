#include "device/read_bandwidth.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "base/aligned_buffer.hpp"
#include "device/cpu_counters.hpp"

namespace conclave
{

namespace
{

// The last cache of a server can hold hundreds of MB. But no more than a quarter of what is free is taken.
constexpr size_t wanted_bytes = size_t{1} << 30;
constexpr size_t least_bytes = size_t{256} << 20;

// How far ahead lines are asked for, in bytes. Which of these is fastest differs from processor to processor, and so
// does whether a processor that is not asked reads as fast as it could.
constexpr size_t distances[] = {0, 512, 1024, 4096};
constexpr int n_passes = 2; ///< of each

uint64_t sum_lines(std::span<const uint64_t> words, size_t ahead)
{
    constexpr size_t per_line = 64 / sizeof(uint64_t);
    uint64_t sum[per_line] = {};
    for (size_t i = 0; i + per_line <= words.size(); i += per_line) {
        if (ahead > 0)
            __builtin_prefetch(words.data() + std::min(i + ahead / sizeof(uint64_t), words.size() - 1));
        for (size_t j = 0; j < per_line; ++j)
            sum[j] += words[i + j];
    }
    return std::accumulate(std::begin(sum), std::end(sum), uint64_t{0});
}

} // namespace

double read_bandwidth(int n_threads)
{
    const bool roomy = read_memory_counters().available_bytes.value_or(0) / 4 >= wanted_bytes;
    const auto buffer = AlignedBuffer::allocate(roomy ? wanted_bytes : least_bytes, AlignedBuffer::Pages::huge);
    if (!buffer)
        return 0;
    const std::span<uint64_t> words = buffer->as<uint64_t>();
    std::ranges::fill(words, uint64_t{1}); // untouched pages are all one page of zeros
    const size_t share = words.size() / static_cast<size_t>(n_threads);
    std::atomic<uint64_t> sum = 0; // what is used cannot be optimised away
    double best = 0;
    for (const size_t ahead : distances) {
        for (int pass = 0; pass < n_passes; ++pass) {
            const auto begin = std::chrono::steady_clock::now();
            {
                std::vector<std::jthread> threads;
                for (int t = 0; t < n_threads; ++t)
                    threads.emplace_back([&, mine = words.subspan(share * static_cast<size_t>(t), share)] {
                        sum += sum_lines(mine, ahead);
                    });
            }
            const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
            best = std::max(best, static_cast<double>(words.size_bytes()) / seconds.count());
        }
    }
    return sum > 0 ? best : 0;
}

} // namespace conclave
