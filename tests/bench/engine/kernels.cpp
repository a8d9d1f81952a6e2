// How fast one row of activations meets the rows of a weight matrix, for each type: from the second cache, where the
// kernel is the limit, and from memory. GB/s of weights.
//
//   bench_kernels [threads]      default 1; the second cache is asked by one thread alone

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tensor/codec.hpp"
#include "tensor/kernel_target.hpp"

namespace
{

using namespace conclave;

constexpr int64_t n = 2048;
constexpr size_t cache_bytes = 256 << 10;
constexpr size_t memory_bytes = 256 << 20;

/// One row of activations of length n.
struct Row {
    Row() : x(n), q(n), scale(n / 32), sum(n / 32), half_sum(n / 16)
    {
        std::mt19937 random(1);
        std::normal_distribution<float> normal;
        std::ranges::generate(x, [&] { return normal(random); });
        quantize_activation(x.data(), n, {q.data(), scale.data(), sum.data(), half_sum.data()});
    }
    Activation activation() const { return {x.data(), q.data(), scale.data(), sum.data(), half_sum.data()}; }

    std::vector<float> x;
    std::vector<int8_t> q;
    std::vector<float> scale, sum, half_sum;
};

/// Bytes per second of the best of some passes over n_rows rows, shared out by halves among the threads.
double speed(const Codec& type, const std::vector<uint8_t>& weights, int64_t row_bytes, int64_t n_rows, int repeats,
             int n_threads)
{
    const Row row;
    std::vector<float> out(static_cast<size_t>(n_rows));
    const auto pass = [&](int thread) {
        const int64_t share = n_rows / n_threads;
        const int64_t first = share * thread;
        for (int i = 0; i < repeats; ++i)
            type.dot_rows(weights.data() + first * row_bytes, row_bytes, share, n, row.activation(), &out[first]);
    };
    double best = 0;
    for (int i = 0; i < 7; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        {
            std::vector<std::jthread> others;
            for (int t = 1; t < n_threads; ++t)
                others.emplace_back(pass, t);
            pass(0);
        }
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
        best = std::max(best, static_cast<double>(row_bytes * n_rows * repeats) / seconds.count());
    }
    return best;
}

} // namespace

int main(int argc, char** argv)
{
    const int n_threads = argc > 1 ? std::max(std::atoi(argv[1]), 1) : 1;
    std::vector<uint8_t> weights(memory_bytes);
    std::mt19937_64 random(2);
    for (size_t i = 0; i + 8 <= weights.size(); i += 8) {
        // No byte above 0x3F, so that halves are numbers.
        const uint64_t bits = random() & 0x3F3F3F3F3F3F3F3F;
        std::copy_n(reinterpret_cast<const uint8_t*>(&bits), 8, weights.begin() + static_cast<std::ptrdiff_t>(i));
    }
    std::printf("%s, rows of %d, GB/s\n%-8s %12s %12s\n", kernel_target_name(), static_cast<int>(n), "type",
                "from cache", (std::to_string(n_threads) + " threads").c_str());
    for (const DTypeInfo& type : all_dtypes()) {
        const int64_t row_bytes = n / type.block_size * type.block_bytes;
        const double cached = speed(codec(type.dtype), weights, row_bytes, cache_bytes / row_bytes, 100, 1);
        const double memory = speed(codec(type.dtype), weights, row_bytes, memory_bytes / row_bytes, 1, n_threads);
        std::printf("%-8.*s %12.1f %12.1f\n", static_cast<int>(type.name.size()), type.name.data(), cached / 1e9,
                    memory / 1e9);
    }
    return 0;
}
