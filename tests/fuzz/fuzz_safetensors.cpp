// Bytes as a Hugging Face folder: config.json, and behind the first zero byte model.safetensors.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <system_error>

#include "formats/sound_folder.hpp"
#include "fuzz_target.hpp"

namespace
{

/// A folder of this process, removed at its end. It stays behind when a run crashes: that is the input to look at.
struct InputFolder {
    InputFolder()
        : path(std::filesystem::temp_directory_path() /
               std::format("fuzz_safetensors_{}", std::chrono::steady_clock::now().time_since_epoch().count()))
    {
        std::filesystem::create_directories(path);
    }
    ~InputFolder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }

    const std::filesystem::path path;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    static const InputFolder input;
    const auto file = conclave::open_as_folder(input.path, {data, size});
    if (!(file ? conclave::read_all_of(*file) : file.error().message.ends_with('.'))) {
        std::fprintf(stderr,
                     "fuzz_safetensors: files that contradict themselves, or an error that is no sentence: %s\n",
                     file ? "loaded" : file.error().message.c_str());
        std::abort();
    }
    return 0;
}

std::vector<std::vector<uint8_t>> conclave::default_corpus()
{
    return {sound_folder()};
}
