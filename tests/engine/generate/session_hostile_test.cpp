#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "../../fuzz/hostile_bounds.hpp"
#include "../../fuzz/peak_resident.hpp"
#include "base/aligned_buffer.hpp"
#include "conclave/session.hpp"
#include "generate/random.hpp"
#include "generate/recording_sink.hpp"
#include "model/opened.hpp"
#include "model/tiny_model.hpp"

namespace conclave
{
namespace
{

/// Opens the bytes as a model and runs two tokens, with an engine of its own, as a program that is given this file
/// does. Either a clear error or a working load will do, within the time and memory that one file may cost; what is
/// tested is that nothing else happens (run it under the sanitizers).
class Hostile
{
public:
    ~Hostile() { std::printf("slowest %.3f s, most memory %zu KiB\n", m_slowest, m_most_bytes / 1024); }

    /// Whether it ran. False too when it cost too much, which also fails the test.
    bool run(const std::vector<uint8_t>& bytes)
    {
        {
            std::filesystem::remove(m_path); // to truncate a file and write it anew waits for the disk on some systems
            std::ofstream file(m_path, std::ios::binary);
            file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        }
        reset_peak_resident();
        const auto start = std::chrono::steady_clock::now();
        const bool ran = run_file();
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        const size_t peak = peak_resident().value_or(0);
        m_slowest = std::max(m_slowest, seconds);
        m_most_bytes = std::max(m_most_bytes, peak);
        EXPECT_LE(seconds, hostile_seconds);
        EXPECT_LE(peak, hostile_bytes(bytes.size())) << "for a file of " << bytes.size();
        return ran;
    }

private:
    bool run_file() const
    {
        const Engine engine = test::make_engine("auto", 1);
        const auto model = Model::open(engine, m_path);
        if (!model)
            return refused(model.error());
        auto session = Session::create(*model);
        if (!session)
            return refused(session.error());
        test::RecordingSink sink;
        const auto stats = session->generate({.prompt_ids = {0}, .sampler = {.seed = 1}, .max_tokens = 2}, sink);
        if (!stats)
            return refused(stats.error());
        EXPECT_LE(sink.tokens.size(), 2u);
        for (const auto& token : sink.tokens)
            EXPECT_TRUE(token.id >= 0 && token.id < (*model)->info().n_vocab);
        (*model)->plan(64);
        (*model)->detokenize(sink.ids());
        return true;
    }
    static bool refused(const Error& error)
    {
        EXPECT_FALSE(error.message.empty());
        return false;
    }
    const std::filesystem::path m_path = test::scratch_folder() / "hostile.gguf";
    double m_slowest = 0;
    size_t m_most_bytes = 0;
};

test::TinyModel small()
{
    test::TinyModel tiny({.hidden = 32,
                          .q_lora = 8,
                          .kv_lora = 16,
                          .nope = 4,
                          .rope = 4,
                          .v = 4,
                          .ffn = 16,
                          .expert_ffn = 16,
                          .experts = 8,
                          .used = 2,
                          .groups = 2,
                          .groups_used = 1,
                          .vocab = 32});
    tiny.set("rope.scaling.type", std::string("yarn"));
    tiny.set("rope.scaling.factor", 4.0f);
    tiny.set("rope.scaling.original_context_length", 64u);
    tiny.set("rope.scaling.yarn_log_multiplier", 0.1f);
    return tiny;
}

/// The whole file that is cut and changed: latent attention in float without text, quantised, and with a vocabulary and
/// a chat template; grouped-query attention with biases and a gated shared expert.
std::vector<uint8_t> sound_file(std::string_view kind)
{
    if (kind == "text" || kind == "qwen2moe") {
        std::ifstream file(test::golden(std::string(kind) + ".gguf"), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    test::TinyModel tiny = small();
    if (kind == "quantised")
        tiny.store_as(DType::Q8_0);
    return tiny.bytes();
}

size_t header_bytes(const std::vector<uint8_t>& bytes)
{
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return text.rfind(".weight") + 64; // the last tensor's entry and the gap behind it
}

class SessionHostileFile : public testing::TestWithParam<const char*>
{
};

INSTANTIATE_TEST_SUITE_P(Files, SessionHostileFile, testing::Values("float", "quantised", "text", "qwen2moe"),
                         [](const auto& tested) { return std::string(tested.param); });

/// The measure itself: memory that is touched counts, whoever hands it out, and is given back between files.
TEST(SessionHostile, PeakIsMeasuredPerFile)
{
    constexpr size_t n_bytes = size_t{96} << 20;
    for (int round = 0; round < 2; ++round) {
        reset_peak_resident();
        {
            auto buffer = AlignedBuffer::allocate(n_bytes);
            ASSERT_TRUE(buffer);
            std::ranges::fill(buffer->as<std::byte>(), std::byte{1});
        }
        if (!peak_resident())
            GTEST_SKIP() << "no measure here";
        EXPECT_GE(*peak_resident(), n_bytes * 99 / 100);
        EXPECT_LE(*peak_resident(), n_bytes * 11 / 10);
        reset_peak_resident();
        EXPECT_LE(*peak_resident(), n_bytes / 10);
    }
}

TEST_P(SessionHostileFile, EveryPrefixIsAnError)
{
    const std::vector<uint8_t> whole = sound_file(GetParam());
    Hostile hostile;
    ASSERT_TRUE(hostile.run(whole)) << "the whole file works";
    const size_t header = header_bytes(whole);
    for (size_t n = 0; n < whole.size(); n += n < header ? 1 : 4096)
        ASSERT_FALSE(hostile.run({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)})) << n << " bytes";
}

TEST_P(SessionHostileFile, MutationsDoNoHarm)
{
    const int rounds = thorough() ? 10000 : 1000;
    const std::vector<uint8_t> whole = sound_file(GetParam());
    const size_t header = header_bytes(whole);
    static constexpr uint8_t extremes[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 0xfe};
    Random random(20261123);
    Hostile hostile;
    int worked = 0;
    for (int round = 0; round < rounds; ++round) {
        std::vector<uint8_t> bytes = whole;
        const auto changes = 1 + random.next() % 4;
        for (uint64_t c = 0; c < changes; ++c) {
            const bool in_header = random.next() % 4 != 0;
            const size_t at = random.next() % (in_header ? header : bytes.size());
            const uint64_t kind = random.next();
            if (kind % 3 == 0)
                bytes[at] ^= static_cast<uint8_t>(1u << (kind >> 8) % 8);
            else if (kind % 3 == 1)
                bytes[at] = extremes[(kind >> 8) % std::size(extremes)];
            else
                for (size_t i = at; i < std::min(at + 4, bytes.size()); ++i)
                    bytes[i] = extremes[(kind >> 8) % std::size(extremes)];
        }
        worked += hostile.run(bytes);
        ASSERT_FALSE(HasFailure()) << "round " << round;
    }
    EXPECT_GT(worked, 0);
    EXPECT_LT(worked, rounds);
}

} // namespace
} // namespace conclave
