#include "conclave/trace.hpp"

#include <cmath>
#include <filesystem>
#include <format>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "base/crc32c.hpp"
#include "base/load_le.hpp"
#include "trace/trace_format.hpp"

namespace conclave
{
namespace
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

TraceHeader some_header(int n_layers = 6, int n_experts = 32, int k = 4)
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
    return header;
}

/// A token with everything in it, drawn from `random`.
TraceToken some_token(const TraceHeader& header, int position, std::mt19937& random)
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

void expect_equal(const TraceToken& a, const TraceToken& b)
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

TracePrompt some_prompt()
{
    return {.messages = {{Role::system, "Be brief."}, {Role::user, "What is a router? 模型"}, {Role::assistant, ""}},
            .ids = {5, 6, 7, 70'000},
            .pieces = {"What", " is", "\xE6", ""},
            .n_cached = 2};
}

TraceTelemetry some_telemetry(int64_t t_ns)
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

TraceEnd some_end()
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
std::vector<TraceToken> write_run(const std::filesystem::path& path, const TraceHeader& header, int n)
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

TEST_F(TraceFile, GivesBackWhatWasWritten)
{
    for (const auto& [layers, experts, k] : {std::tuple{6, 32, 4}, {58, 256, 8}, {3, 384, 8}, {2, 4, 4}, {0, 0, 0}}) {
        const TraceHeader header = some_header(layers, experts, k);
        const auto tokens = write_run(m_path, header, 700);
        const auto trace = read_trace(m_path);
        ASSERT_TRUE(trace) << trace.error().message;
        EXPECT_TRUE(trace->complete);
        EXPECT_EQ(trace->header.model_name, header.model_name);
        EXPECT_EQ(trace->header.routing_rule_source, header.routing_rule_source);
        EXPECT_EQ(trace->header.app_version, header.app_version);
        EXPECT_EQ(trace->header.moe_layers, header.moe_layers);
        EXPECT_EQ(trace->header.n_vocab, header.n_vocab);
        EXPECT_EQ(trace->header.topk_group, header.topk_group);
        EXPECT_EQ(trace->header.repetition_penalty, header.repetition_penalty);
        EXPECT_EQ(trace->header.top_k, header.top_k);
        EXPECT_EQ(trace->header.seed, header.seed);
        EXPECT_EQ(trace->header.unix_ms, header.unix_ms);
        EXPECT_EQ(trace->header.samplers, header.samplers);

        const TracePrompt prompt = some_prompt();
        ASSERT_EQ(trace->prompt.messages.size(), prompt.messages.size());
        for (size_t i = 0; i < prompt.messages.size(); ++i) {
            EXPECT_EQ(trace->prompt.messages[i].role, prompt.messages[i].role);
            EXPECT_EQ(trace->prompt.messages[i].content, prompt.messages[i].content);
        }
        EXPECT_EQ(trace->prompt.ids, prompt.ids);
        EXPECT_EQ(trace->prompt.pieces, prompt.pieces);
        EXPECT_EQ(trace->prompt.n_cached, prompt.n_cached);

        ASSERT_EQ(trace->tokens.size(), tokens.size());
        for (size_t i = 0; i < tokens.size(); ++i) {
            expect_equal(trace->tokens[i], tokens[i]);
        }
        ASSERT_EQ(trace->telemetry.size(), 7u);
        EXPECT_EQ(trace->telemetry[1].t_ns, 193);
        const DeviceSample& sample = trace->telemetry[1].sample;
        EXPECT_EQ(sample.t_ns, 17);
        EXPECT_EQ(sample.cpu_utilization, 0.5);
        EXPECT_FALSE(sample.process_cores);
        EXPECT_EQ(sample.process_resident_bytes, 1u << 30);
        ASSERT_EQ(sample.gpus.size(), 1u);
        EXPECT_EQ(sample.gpus[0].name, "GPU");
        EXPECT_FALSE(sample.gpus[0].utilization);
        EXPECT_EQ(sample.gpus[0].power_watts, 71.5);
        ASSERT_TRUE(trace->end);
        EXPECT_EQ(trace->end->stop, "end_of_text");
        EXPECT_FALSE(trace->end->prefill_tps);
        EXPECT_EQ(trace->end->decode_tps, 99.25);
        EXPECT_EQ(trace->end->sum_counts, 7'000u);
    }
}

struct Record {
    size_t begin = 0, end = 0;
    TraceRecord type = TraceRecord::header;
    size_t n_tokens = 0;
};

std::vector<Record> records_of(const std::string& bytes)
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

TEST_F(TraceFile, ACutTraceOpensToItsLastWholeRecord)
{
    write_run(m_path, some_header(), 300);
    const std::string whole = bytes();
    const auto records = records_of(whole);
    ASSERT_EQ(records.back().end, whole.size());
    ASSERT_GT(whole.size(), 3u * 8192);
    for (size_t size = whole.size(); size >= whole.size() - 8192; --size) {
        std::filesystem::resize_file(m_path, size);
        size_t n_tokens = 0;
        size_t n_telemetry = 0;
        bool complete = false;
        for (const Record& record : records) {
            if (record.end <= size) {
                n_tokens += record.n_tokens;
                n_telemetry += record.type == TraceRecord::telemetry ? 1 : 0;
                complete = record.type == TraceRecord::end;
            }
        }
        const auto trace = read_trace(m_path);
        ASSERT_TRUE(trace) << size;
        ASSERT_EQ(trace->tokens.size(), n_tokens) << size;
        ASSERT_EQ(trace->telemetry.size(), n_telemetry) << size;
        ASSERT_EQ(trace->complete, complete) << size;
    }
}

TEST_F(TraceFile, EveryCutOfAShortTraceIsAnErrorOrATrace)
{
    write_run(m_path, some_header(1, 4, 2), 12);
    const std::string whole = bytes();
    const size_t header_end = records_of(whole).front().end;
    for (size_t size = whole.size(); size-- > 0;) {
        std::filesystem::resize_file(m_path, size);
        const auto trace = read_trace(m_path);
        ASSERT_EQ(trace.has_value(), size >= header_end) << size;
        if (!trace) {
            EXPECT_EQ(trace.error().code, ErrorCode::format);
        }
    }
}

std::string with_checksum(std::string record)
{
    const size_t checked = record.size() - trace_record_tail;
    const uint32_t crc = crc32c({reinterpret_cast<const uint8_t*>(record.data()), checked});
    std::memcpy(record.data() + checked, &crc, sizeof crc);
    return record;
}

TEST_F(TraceFile, DamageEndsTheTraceThere)
{
    write_run(m_path, some_header(), 700);
    const std::string whole = bytes();
    const auto records = records_of(whole);
    size_t before = 0;
    for (const Record& record : records) {
        if (record.type == TraceRecord::tokens) {
            std::string damaged = whole;
            damaged[record.begin + 40] = static_cast<char>(damaged[record.begin + 40] ^ 1);
            overwrite(damaged);
            const auto trace = read_trace(m_path);
            ASSERT_TRUE(trace);
            EXPECT_EQ(trace->tokens.size(), before);
            EXPECT_FALSE(trace->complete);
            before += record.n_tokens;
        }
    }
    EXPECT_EQ(before, 700u);
}

TEST_F(TraceFile, CountsThatDisagreeWithTheRoutesAreDamage)
{
    write_run(m_path, some_header(), 50);
    const std::string whole = bytes();
    for (const Record& record : records_of(whole)) {
        if (record.type != TraceRecord::tokens) {
            continue;
        }
        // The counts are the last bytes of the payload: one more in the last, with a checksum that fits.
        std::string changed = whole.substr(record.begin, record.end - record.begin);
        char& last = changed[changed.size() - trace_record_tail - 1];
        last = static_cast<char>(last ^ 1);
        overwrite(whole.substr(0, record.begin) + with_checksum(changed));
        const auto trace = read_trace(m_path);
        ASSERT_TRUE(trace);
        EXPECT_TRUE(trace->tokens.empty());
    }
}

TEST_F(TraceFile, RecordsOfALaterConclaveArePassedOver)
{
    write_run(m_path, some_header(), 50);
    const std::string whole = bytes();
    const auto records = records_of(whole);
    const auto make_record = [](uint16_t type, uint16_t version, std::string_view payload) {
        std::string record;
        const auto size = static_cast<uint32_t>(payload.size());
        record.append(reinterpret_cast<const char*>(&type), 2).append(reinterpret_cast<const char*>(&version), 2);
        record.append(reinterpret_cast<const char*>(&size), 4).append(payload).append(4, '\0');
        return with_checksum(record);
    };
    std::string extended = whole.substr(0, records[1].begin);
    extended += make_record(77, 1, "something new");
    extended += make_record(static_cast<uint16_t>(TraceRecord::prompt), 2, "prompt of version two");
    extended += whole.substr(records[1].begin);
    overwrite(extended);
    auto trace = read_trace(m_path);
    ASSERT_TRUE(trace);
    EXPECT_TRUE(trace->complete);
    EXPECT_EQ(trace->tokens.size(), 50u);

    overwrite(make_record(static_cast<uint16_t>(TraceRecord::header), 2, "conclave") + whole);
    trace = read_trace(m_path);
    ASSERT_FALSE(trace);
    EXPECT_EQ(trace.error().code, ErrorCode::unsupported);
}

TEST_F(TraceFile, ATraceWithoutEndIsReadableBetweenFlushes)
{
    const TraceHeader header = some_header();
    std::mt19937 random(3);
    {
        auto writer = TraceWriter::create(m_path, header);
        ASSERT_TRUE(writer);
        for (int position = 0; position < 300; ++position) {
            ASSERT_TRUE(writer->token(some_token(header, position, random)));
            if (position == 255) {
                EXPECT_EQ(read_trace(m_path)->tokens.size(), 256u); // a full chunk closes itself
            }
        }
        EXPECT_EQ(read_trace(m_path)->tokens.size(), 256u);
        ASSERT_TRUE(writer->flush());
        EXPECT_EQ(read_trace(m_path)->tokens.size(), 300u);
        ASSERT_TRUE(writer->token(some_token(header, 300, random)));
        TraceWriter moved = std::move(*writer);
    } // dropped without an end
    const auto trace = read_trace(m_path);
    ASSERT_TRUE(trace);
    EXPECT_EQ(trace->tokens.size(), 301u);
    EXPECT_FALSE(trace->complete);
    EXPECT_FALSE(trace->end);
}

TEST_F(TraceFile, WrongTokensAreRefusedAndLeaveTheTraceWhole)
{
    const TraceHeader header = some_header();
    std::mt19937 random(3);
    auto writer = TraceWriter::create(m_path, header);
    ASSERT_TRUE(writer);
    const TraceToken good = some_token(header, 20, random);
    ASSERT_TRUE(writer->token(good));
    const auto refused = [&](auto change) {
        TraceToken token = some_token(header, 21, random);
        change(token);
        const auto result = writer->token(token);
        return !result && result.error().code == ErrorCode::invalid_argument;
    };
    EXPECT_TRUE(refused([](TraceToken& token) { token.position = 20; }));
    EXPECT_TRUE(refused([](TraceToken& token) { token.ids.back() = 32; }));
    EXPECT_TRUE(refused([](TraceToken& token) { token.ids.back() = token.ids[token.ids.size() - 2]; }));
    EXPECT_TRUE(refused([](TraceToken& token) { token.weights.pop_back(); }));
    EXPECT_TRUE(refused([](TraceToken& token) { token.margins.push_back(0); }));
    ASSERT_TRUE(writer->end(some_end()));
    EXPECT_FALSE(writer->token(some_token(header, 22, random)));
    EXPECT_FALSE(writer->end(some_end()));
    const auto trace = read_trace(m_path);
    ASSERT_TRUE(trace);
    EXPECT_TRUE(trace->complete);
    ASSERT_EQ(trace->tokens.size(), 1u);
    expect_equal(trace->tokens[0], good);
}

TEST_F(TraceFile, PlacesAndShapesThatCannotBeAreErrors)
{
    EXPECT_EQ(TraceWriter::create(m_path / "none" / "a.ctr", some_header()).error().code, ErrorCode::io);
    EXPECT_EQ(read_trace(m_path).error().code, ErrorCode::io);
    EXPECT_FALSE(read_trace(std::filesystem::path(testing::TempDir())));
    EXPECT_EQ(TraceWriter::create(m_path, some_header(6, 4, 8)).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(TraceWriter::create(m_path, some_header(6, 100'000, 8)).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(TraceWriter::create(m_path, some_header(100, 60'000, 8)).error().code, ErrorCode::invalid_argument);
    overwrite("GGUF and something");
    EXPECT_EQ(read_trace(m_path).error().code, ErrorCode::format);
}

#ifdef __linux__
TEST_F(TraceFile, AFullDiskIsAnErrorThatSticks)
{
    if (!std::filesystem::exists("/dev/full")) {
        GTEST_SKIP() << "no /dev/full";
    }
    const auto writer = TraceWriter::create("/dev/full", some_header());
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().code, ErrorCode::io);
    EXPECT_NE(writer.error().message.find("disk may be full"), std::string::npos);
}
#endif

TEST_F(TraceFile, MutationsNeverHarm)
{
    write_run(m_path, some_header(2, 16, 2), 60);
    const std::string whole = bytes();
    const auto records = records_of(whole);
    std::mt19937 random(11);
    for (int round = 0; round < 2000; ++round) {
        // One record is changed and its checksum made to fit, so that decoding is reached.
        const Record& record = records[random() % records.size()];
        std::string changed = whole.substr(record.begin, record.end - record.begin);
        for (unsigned i = 0; i <= random() % 4; ++i) {
            static constexpr char values[] = {0, 1, 2, 127, -128, -1};
            changed[random() % changed.size()] = values[random() % std::size(values)];
        }
        overwrite(whole.substr(0, record.begin) + with_checksum(changed) + whole.substr(record.end));
        const auto trace = read_trace(m_path);
        if (trace) {
            EXPECT_LE(trace->tokens.size(), 60u);
        } else {
            EXPECT_FALSE(trace.error().message.empty());
        }
    }
}

} // namespace
} // namespace conclave
