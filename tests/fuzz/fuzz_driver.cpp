// Runs a fuzz target without libFuzzer: PROGRAM [--runs N] [--long-runs N] [--seconds N] [--seed S] [--first I]
// [FILE...] First every prefix of the first 4 KiB of each file (or of the built-in corpus), and one per 4 KiB after
// them; not with --first. Then run I mutates one of the files by a generator seeded with S and I alone, so that a run
// can be repeated with --first I --runs 1. --long-runs counts instead of --runs when the full counts are asked for;
// --seconds runs until that much time has passed, from a seed that is printed when none is given. Fails when an input
// takes more time or memory than its bounds allow; a crash ends the program. Either way the input is left in
// fuzz-failure-*.bin in the current folder: PROGRAM --runs 0 --replay FILE runs it alone.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>

#include "failed_input.hpp"
#include "fuzz_target.hpp"
#include "hostile_bounds.hpp"
#include "mutate.hpp"
#include "peak_memory.hpp"

namespace
{

/// Runs inputs, each measured by itself.
class Driver
{
public:
    ~Driver()
    {
        std::printf("%llu inputs, slowest %.3f s, most memory %zu bytes\n", static_cast<unsigned long long>(m_n_inputs),
                    m_slowest, m_most_memory);
    }

    /// False when it took too much.
    bool run(std::span<const uint8_t> input, const char* what, uint64_t which)
    {
        conclave::reset_peak_memory();
        ++m_n_inputs;
        conclave::watch_input(input, what, which);
        const auto start = std::chrono::steady_clock::now();
        LLVMFuzzerTestOneInput(input.data(), input.size());
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        const size_t memory = conclave::peak_memory().value_or(0);
        m_slowest = std::max(m_slowest, seconds);
        m_most_memory = std::max(m_most_memory, memory);
        if (seconds <= conclave::hostile_seconds && memory <= conclave::hostile_bytes(input.size()))
            return true;
        std::fprintf(stderr, "%s %llu: %.1f s, %zu bytes for an input of %zu\n", what,
                     static_cast<unsigned long long>(which), seconds, memory, input.size());
        conclave::keep_input();
        return false;
    }

private:
    uint64_t m_n_inputs = 0;
    double m_slowest = 0;
    size_t m_most_memory = 0;
};

bool run_prefixes(Driver& driver, const std::vector<uint8_t>& file)
{
    for (size_t n = 0; n < file.size(); n += n < 4096 ? 1 : 4096)
        if (!driver.run({file.data(), n}, "prefix", n))
            return false;
    return true;
}

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
    using Clock = std::chrono::steady_clock;
    uint64_t n_runs = 1000;
    std::optional<uint64_t> n_long_runs, n_seconds, seed, first;
    std::vector<std::vector<uint8_t>> corpus, replays;
    for (int i = 1; i < argc; ++i) {
        const std::string_view option = argv[i];
        if (!option.starts_with("--") || i + 1 == argc) {
            corpus.push_back(read_file(argv[i]));
            continue;
        }
        if (option == "--replay") {
            replays.push_back(read_file(argv[++i]));
            continue;
        }
        const uint64_t number = std::stoull(argv[++i]);
        if (option == "--runs")
            n_runs = number;
        else if (option == "--long-runs")
            n_long_runs = number;
        else if (option == "--seconds")
            n_seconds = number;
        else if (option == "--seed")
            seed = number;
        else if (option == "--first")
            first = number;
    }
    const auto end = Clock::now() + std::chrono::seconds(n_seconds.value_or(0));
    conclave::keep_inputs_of_crashes(std::filesystem::path(argv[0]).filename().string());
    Driver driver;
    for (const auto& replay : replays)
        if (!driver.run(replay, "replay", 0))
            return 1;
    if (!replays.empty())
        return 0;
    if (corpus.empty())
        corpus = conclave::default_corpus();
    if (!seed)
        seed = n_seconds ? std::random_device()() : 1;
    std::printf("seed %llu\n", static_cast<unsigned long long>(*seed));
    std::fflush(stdout); // a crash would lose it

    if (!first && !std::ranges::all_of(corpus, [&](const auto& file) { return run_prefixes(driver, file); }))
        return 1;
    if (n_long_runs && conclave::thorough())
        n_runs = *n_long_runs;
    const uint64_t begin = first.value_or(0);
    for (uint64_t run = begin; n_seconds ? Clock::now() < end : run < begin + n_runs; ++run) {
        std::mt19937_64 random(*seed * 0x9E3779B97F4A7C15u + run);
        const auto input = conclave::mutate(corpus[random() % corpus.size()], random);
        if (!driver.run(input, "run", run))
            return 1;
    }
    return 0;
}
