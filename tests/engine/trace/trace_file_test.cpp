#include "trace_fixture.hpp"

namespace conclave
{
namespace
{

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
        EXPECT_EQ(trace->header.kv, header.kv);

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

} // namespace
} // namespace conclave
