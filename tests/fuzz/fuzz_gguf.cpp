#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <format>

#include "formats/gguf.hpp"
#include "formats/sound_gguf.hpp"
#include "fuzz_target.hpp"

namespace
{

/// A file of this process. It stays behind when a run crashes: that is the input to look at.
const std::filesystem::path& input_path()
{
    static const std::filesystem::path path = [] {
        const auto stamp = std::chrono::steady_clock::now().time_since_epoch().count();
        auto made = std::filesystem::temp_directory_path() / std::format("fuzz_gguf_{}.gguf", stamp);
        std::atexit([] { std::filesystem::remove(input_path()); });
        return made;
    }();
    return path;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    conclave::GgufWriter::write_bytes(input_path(), {data, size});
    const auto file = conclave::Gguf::open(input_path());
    const bool sound = file ? conclave::read_all(*file) : file.error().message.ends_with('.');
    if (!sound) {
        std::fprintf(stderr, "fuzz_gguf: a file that contradicts itself, or an error that is no sentence: %s\n",
                     file ? "loaded" : file.error().message.c_str());
        std::abort();
    }
    return 0;
}

std::vector<std::vector<uint8_t>> conclave::default_corpus()
{
    return {sound_gguf()};
}
