// Every truncated prefix and a thousand mutations of a small file: an error or a working load, never a crash. What
// loads is read through every accessor, so that a sanitizer sees a view that points astray.
#include <gtest/gtest.h>
#include <random>

#include "../../fuzz/mutate.hpp"
#include "formats/gguf.hpp"
#include "scratch_folder.hpp"
#include "sound_gguf.hpp"

namespace conclave
{
namespace
{

/// True when it loads and what it holds can be read.
bool survives(const std::filesystem::path& path)
{
    const auto file = open_gguf(path);
    if (!file) {
        EXPECT_FALSE(file.error().message.empty());
        return false;
    }
    EXPECT_TRUE(read_all(*file));
    return true;
}

TEST(GgufHostile, EveryPrefixIsAnErrorOrALoad)
{
    const ScratchFolder folder;
    const auto bytes = sound_gguf();
    GgufWriter::write_bytes(folder / "whole.gguf", bytes);
    EXPECT_TRUE(survives(folder / "whole.gguf"));
    for (size_t n = 0; n < bytes.size(); ++n) {
        GgufWriter::write_bytes(folder / "cut.gguf", std::span(bytes).first(n));
        EXPECT_FALSE(survives(folder / "cut.gguf")) << "the first " << n << " bytes of " << bytes.size();
    }
}

TEST(GgufHostile, AThousandMutationsNeverCrash)
{
    const ScratchFolder folder;
    const auto sound = sound_gguf();
    std::mt19937_64 random(1);
    int n_loads = 0;
    for (int i = 0; i < 1000; ++i) {
        GgufWriter::write_bytes(folder / "mutated.gguf", mutate(sound, random));
        n_loads += survives(folder / "mutated.gguf") ? 1 : 0;
    }
    // Both ends of the road are walked: changed contents load, changed structure does not.
    EXPECT_GT(n_loads, 50);
    EXPECT_LT(n_loads, 950);
}

} // namespace
} // namespace conclave
