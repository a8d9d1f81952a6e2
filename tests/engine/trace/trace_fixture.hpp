#pragma once

#include <cmath>
#include <cstring>
#include <filesystem>
#include <format>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "base/crc32c.hpp"
#include "base/load_le.hpp"
#include "conclave/trace.hpp"
#include "trace/trace_format.hpp"

// A trace of every kind of content, its file, and the records in it.

namespace conclave
{

/// A file of this test's own, removed at its end.
class TraceFile : public testing::Test
{
protected:
    TraceFile()
        : m_path(std::filesystem::path(testing::TempDir()) /
                 std::format("conclave_{}_{}.ctr", testing::UnitTest::GetInstance()->current_test_info()->name(),
                             std::random_device{}()))
    {
    }
    ~TraceFile() override
    {
        std::error_code ignored;
        std::filesystem::remove(m_path, ignored);
    }

    std::string bytes() const
    {
        std::ifstream file(m_path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    void overwrite(std::string_view content) const
    {
        // In place: to truncate and write anew costs milliseconds on some file systems.
        std::ofstream(m_path, std::ios::binary | std::ios::app).flush();
        std::filesystem::resize_file(m_path, content.size());
        std::fstream(m_path, std::ios::binary | std::ios::in | std::ios::out)
            .write(content.data(), std::ssize(content));
    }

    std::filesystem::path m_path;
};

inline TraceHeader some_header(int n_layers = 6, int n_experts = 32, int k = 4)
{
    TraceHeader header;
    header.model_name = "Guide-DS ü";
    header.architecture = "deepseek2";
    header.file_hash = "0123456789abcdef";
    header.quant = "Q8_0";
    header.kernels = "AVX2";
    header.routing_rule = "sigmoid scores, top-4";
    header.routing_rule_source = "file";
    header.app_version = "0.1.0";
    for (int layer = 1; layer <= n_layers; ++layer) {
        header.moe_layers.push_back(layer);
    }
    header.n_layers = n_layers + 1;
    header.n_experts = n_experts;
    header.n_experts_used = k;
    header.n_shared_experts = 1;
    header.n_group = 4;
    header.topk_group = 2;
    header.n_vocab = 3072;
    header.temperature = 0.7f;
    header.top_p = 0.9f;
    header.min_p = 0.05f;
    header.repetition_penalty = 1.1f;
    header.top_k = 40;
    header.seed = 0xFFFF'FFFF'FFFF'FFFF;
    header.unix_ms = 1'790'000'000'123;
    header.samplers = "xtc_probability=0.5 mirostat=2";
    header.kv = "q8_0";
    return header;
}

/// A token with everything in it, drawn from `random`.
inline TraceToken some_token(const TraceHeader& header, int position, std::mt19937& random)
{
    const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    const auto real = [&] { return std::ldexp(static_cast<float>(random()), -32); };
    TraceToken token;
    token.generated = position >= 100;
    token.position = position;
    token.id = below(header.n_vocab);
    token.text = position % 7 == 0   ? std::string("\xE4\xBD", 2)
                 : position % 5 == 0 ? ""
                                     : std::format(" t{}", position);
    if (token.generated) {
        token.logprob = -real();
        token.entropy = real();
        token.t_ns = position * 1'000'000LL;
        for (int i = 0; i < 5; ++i) {
            token.top.emplace_back(below(header.n_vocab), -real());
        }
    }
    token.has_routes = position >= 10; // the first are as if cached
    for (size_t layer = 0; token.has_routes && layer < header.moe_layers.size(); ++layer) {
        std::vector<uint16_t> experts;
        while (std::ssize(experts) < header.n_experts_used) {
            const auto expert = static_cast<uint16_t>(below(header.n_experts));
            if (std::find(experts.begin(), experts.end(), expert) == experts.end()) {
                experts.push_back(expert);
                token.weights.push_back(real());
            }
        }
        token.ids.insert(token.ids.end(), experts.begin(), experts.end());
        token.margins.push_back(layer == 3 ? std::numeric_limits<float>::infinity() : real());
        token.groups.push_back(static_cast<uint32_t>(1 + below(15)));
    }
    return token;
}

inline void expect_equal(const TraceToken& a, const TraceToken& b)
{
    EXPECT_EQ(a.generated, b.generated);
    EXPECT_EQ(a.position, b.position);
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.text, b.text);
    EXPECT_EQ(a.logprob, b.logprob);
    EXPECT_EQ(a.entropy, b.entropy);
    EXPECT_EQ(a.top, b.top);
    EXPECT_EQ(a.t_ns, b.t_ns);
    EXPECT_EQ(a.has_routes, b.has_routes);
    EXPECT_EQ(a.ids, b.ids);
    EXPECT_EQ(a.weights, b.weights); // to the bit
    EXPECT_EQ(a.margins, b.margins);
    EXPECT_EQ(a.groups, b.groups);
}

inline TracePrompt some_prompt()
{
    return {.messages = {{Role::system, "Be brief."}, {Role::user, "What is a router? 模型"}, {Role::assistant, ""}},
            .ids = {5, 6, 7, 70'000},
            .pieces = {"What", " is", "\xE6", ""},
            .n_cached = 2};
}

inline TraceTelemetry some_telemetry(int64_t t_ns)
{
    TraceTelemetry telemetry{.t_ns = t_ns, .sample = {}};
    telemetry.sample.t_ns = 17;
    telemetry.sample.cpu_utilization = 0.5;
    telemetry.sample.process_resident_bytes = 1 << 30;
    telemetry.sample.gpu_status = "ok";
    telemetry.sample.gpus = {{.name = "GPU",
                              .utilization = {},
                              .memory_used_bytes = 5,
                              .memory_total_bytes = {},
                              .power_watts = 71.5,
                              .temperature_celsius = {}}};
    return telemetry;
}

inline TraceEnd some_end()
{
    return {.stop = "end_of_text",
            .n_prompt = 100,
            .n_cached = 10,
            .n_generated = 200,
            .ttft_ms = 12.5,
            .prefill_tps = {},
            .decode_tps = 99.25,
            .sum_counts = 7'000};
}

/// Writes prompt, `n` tokens with a flush here and there and telemetry, and the end; gives the tokens back.
inline std::vector<TraceToken> write_run(const std::filesystem::path& path, const TraceHeader& header, int n)
{
    auto writer = TraceWriter::create(path, header);
    EXPECT_TRUE(writer) << writer.error().message;
    EXPECT_TRUE(writer->prompt(some_prompt()));
    std::mt19937 random(7);
    std::vector<TraceToken> tokens;
    for (int position = 0; position < n; ++position) {
        tokens.push_back(some_token(header, position, random));
        const auto written = writer->token(tokens.back());
        EXPECT_TRUE(written) << written.error().message;
        if (position % 97 == 96) {
            EXPECT_TRUE(writer->flush());
            EXPECT_TRUE(writer->telemetry(some_telemetry(position)));
        }
    }
    EXPECT_TRUE(writer->end(some_end()));
    return tokens;
}

struct Record {
    size_t begin = 0, end = 0;
    TraceRecord type = TraceRecord::header;
    size_t n_tokens = 0;
};

inline std::vector<Record> records_of(const std::string& bytes)
{
    std::vector<Record> records;
    for (size_t at = 0; at < bytes.size();) {
        const auto size = load_le<uint32_t>(bytes.data() + at + 4);
        Record record{at, at + trace_record_head + size + trace_record_tail,
                      static_cast<TraceRecord>(load_le<uint16_t>(bytes.data() + at)), 0};
        if (record.type == TraceRecord::tokens) {
            record.n_tokens = load_le<uint16_t>(bytes.data() + at + trace_record_head);
        }
        at = record.end;
        records.push_back(record);
    }
    return records;
}

inline std::string with_checksum(std::string record)
{
    const size_t checked = record.size() - trace_record_tail;
    const uint32_t crc = crc32c({reinterpret_cast<const uint8_t*>(record.data()), checked});
    std::memcpy(record.data() + checked, &crc, sizeof crc);
    return record;
}

} // namespace conclave
