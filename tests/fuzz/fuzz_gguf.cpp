#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <system_error>

#include "formats/gguf.hpp"
#include "formats/sound_gguf.hpp"
#include "fuzz_target.hpp"

namespace
{

/// A file of this process, removed at its end. It stays behind when a run crashes: that is the input to look at.
struct InputFile {
    InputFile()
        : path(std::filesystem::temp_directory_path() /
               std::format("fuzz_gguf_{}.gguf", std::chrono::steady_clock::now().time_since_epoch().count()))
    {
    }
    ~InputFile()
    {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    }

    const std::filesystem::path path;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    static const InputFile input;
    conclave::GgufWriter::write_bytes(input.path, {data, size});
    const auto file = conclave::open_gguf(input.path);
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
