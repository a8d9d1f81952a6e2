#include "trace_fixture.hpp"

namespace conclave
{
namespace
{

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
