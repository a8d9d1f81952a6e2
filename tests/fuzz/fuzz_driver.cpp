// Runs a fuzz target without libFuzzer: PROGRAM [--runs N] [--seed S] [--first I] [FILE...]
// Run I mutates one of the files (or of the built-in corpus) by a generator seeded with S and I alone, so that a run
// can be repeated with --first I --runs 1. Fails when a run takes more than ten seconds or more memory than four times
// its input and 64 MiB; a crash ends the program.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "fuzz_target.hpp"
#include "mutate.hpp"
#include "peak_memory.hpp"

namespace
{

constexpr double most_seconds = 10;
constexpr size_t memory_factor = 4, memory_slack = size_t{64} << 20;

std::vector<uint8_t> read_file(const char* path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        std::fprintf(stderr, "cannot open %s\n", path);
        std::exit(2);
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

int main(int argc, char** argv)
{
    uint64_t n_runs = 1000, seed = 1, first = 0;
    std::vector<std::vector<uint8_t>> corpus;
    for (int i = 1; i < argc; ++i) {
        uint64_t* number = nullptr;
        if (std::strcmp(argv[i], "--runs") == 0)
            number = &n_runs;
        else if (std::strcmp(argv[i], "--seed") == 0)
            number = &seed;
        else if (std::strcmp(argv[i], "--first") == 0)
            number = &first;
        if (!number)
            corpus.push_back(read_file(argv[i]));
        else if (++i < argc)
            *number = std::stoull(argv[i]);
    }
    if (corpus.empty())
        corpus = conclave::default_corpus();

    double slowest = 0;
    size_t most_memory = 0;
    for (uint64_t run = first; run < first + n_runs; ++run) {
        std::mt19937_64 random(seed * 0x9E3779B97F4A7C15u + run);
        const auto input = conclave::mutate(corpus[random() % corpus.size()], random);
        conclave::reset_peak_memory();
        const auto start = std::chrono::steady_clock::now();
        LLVMFuzzerTestOneInput(input.data(), input.size());
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        const size_t memory = conclave::peak_memory().value_or(0);
        slowest = std::max(slowest, seconds);
        most_memory = std::max(most_memory, memory);
        if (seconds > most_seconds || memory > memory_factor * input.size() + memory_slack) {
            std::fprintf(stderr, "run %llu: %.1f s, %zu bytes for an input of %zu\n",
                         static_cast<unsigned long long>(run), seconds, memory, input.size());
            return 1;
        }
    }
    std::printf("%llu runs, slowest %.3f s, most memory %zu bytes\n", static_cast<unsigned long long>(n_runs), slowest,
                most_memory);
    return 0;
}
