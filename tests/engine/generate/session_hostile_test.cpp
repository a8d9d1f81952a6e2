#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "conclave/session.hpp"
#include "generate/random.hpp"
#include "generate/recording_sink.hpp"
#include "model/opened.hpp"
#include "model/tiny_model.hpp"

namespace conclave
{
namespace
{

/// Opens the bytes as a model and runs two tokens. Either a clear error or a working load will do; what is tested is
/// that nothing else happens (run it under the sanitizers). Returns whether it ran.
class Hostile
{
public:
    bool run(const std::vector<uint8_t>& bytes)
    {
        {
            std::ofstream file(m_path, std::ios::binary | std::ios::trunc);
            file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        }
        const auto model = Model::open(m_engine, m_path);
        if (!model)
            return refused(model.error());
        auto session = Session::create(*model, {.n_ctx = std::min((*model)->info().context_length, 64)});
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

private:
    static bool refused(const Error& error)
    {
        EXPECT_FALSE(error.message.empty());
        return false;
    }
    Engine m_engine = test::make_engine("auto", 1);
    const std::filesystem::path m_path = test::scratch_folder() / "hostile.gguf";
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

size_t header_bytes(const std::vector<uint8_t>& bytes)
{
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return text.rfind("blk.1.ffn_down_shexp.weight") + 64;
}

TEST(SessionHostile, EveryPrefixIsAnError)
{
    const std::vector<uint8_t> whole = small().bytes();
    Hostile hostile;
    ASSERT_TRUE(hostile.run(whole)) << "the whole file works";
    const size_t header = header_bytes(whole);
    const bool thorough = std::getenv("CONCLAVE_LONG") && std::string(std::getenv("CONCLAVE_LONG")) == "1";
    for (size_t n = 0; n < whole.size(); n += n < header ? (thorough ? 1 : 3) : 4096)
        ASSERT_FALSE(hostile.run({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)})) << n << " bytes";
}

TEST(SessionHostile, MutationsDoNoHarm)
{
    const bool thorough = std::getenv("CONCLAVE_LONG") && std::string(std::getenv("CONCLAVE_LONG")) == "1";
    const int rounds = thorough ? 10000 : 1000;
    const std::vector<uint8_t> whole = small().bytes();
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
    }
    EXPECT_GT(worked, 0);
    EXPECT_LT(worked, rounds);
}

} // namespace
} // namespace conclave
