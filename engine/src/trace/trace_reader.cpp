#include <algorithm>
#include <format>
#include <fstream>

#include "base/crc32c.hpp"
#include "base/load_le.hpp"
#include "base/utf8_path.hpp"
#include "conclave/trace.hpp"
#include "trace/trace_bytes.hpp"
#include "trace/trace_chunk.hpp"
#include "trace/trace_format.hpp"
#include "trace/trace_records.hpp"
#include "trace/trace_shape.hpp"

namespace conclave
{
namespace
{

// A token takes about 20 bytes in a file at least and 350 in memory, a sample of telemetry is alike. So that a hostile
// file cannot ask for many times its size, their number is bounded; no context is as long as the free ones.
constexpr size_t free_entries = 1 << 17;
constexpr size_t bytes_per_entry = 128;

/// The records of a file one after another; ends at the first that is not whole.
class RecordFile
{
public:
    explicit RecordFile(const std::filesystem::path& path) : m_file(path, std::ios::binary | std::ios::ate)
    {
        const std::streamoff size = m_file ? std::streamoff(m_file.tellg()) : std::streamoff(-1);
        m_open = size >= 0;
        m_size = m_open ? static_cast<uint64_t>(size) : 0;
        m_left = m_size;
        m_file.seekg(0);
    }

    bool is_open() const { return m_open; }
    uint64_t size() const { return m_size; }

    bool next()
    {
        constexpr size_t frame = trace_record_head + trace_record_tail;
        if (m_left < frame) {
            return false;
        }
        m_record.resize(trace_record_head);
        if (!read(0, trace_record_head)) {
            return false;
        }
        const size_t payload = load_le<uint32_t>(m_record.data() + 4);
        if (payload > m_left - frame) {
            return false;
        }
        m_record.resize(frame + payload);
        if (!read(trace_record_head, payload + trace_record_tail)) {
            return false;
        }
        m_left -= frame + payload;
        const std::span<const uint8_t> checked(m_record.data(), trace_record_head + payload);
        return crc32c(checked) == load_le<uint32_t>(m_record.data() + checked.size());
    }

    /// Of the record that next() found.
    TraceRecord type() const { return static_cast<TraceRecord>(load_le<uint16_t>(m_record.data())); }
    uint16_t version() const { return load_le<uint16_t>(m_record.data() + 2); }
    ByteReader payload() const
    {
        return ByteReader(
            std::span(m_record).subspan(trace_record_head, m_record.size() - trace_record_head - trace_record_tail));
    }

private:
    bool read(size_t at, size_t n)
    {
        m_file.read(reinterpret_cast<char*>(m_record.data() + at), static_cast<std::streamsize>(n));
        return m_file.gcount() == static_cast<std::streamsize>(n);
    }

    std::ifstream m_file;
    std::vector<uint8_t> m_record;
    uint64_t m_size = 0, m_left = 0;
    bool m_open = false;
};

bool in_order(const std::vector<TraceToken>& tokens, size_t before)
{
    for (size_t i = std::max<size_t>(before, 1); i < tokens.size(); ++i) {
        if (tokens[i].position <= tokens[i - 1].position) {
            return false;
        }
    }
    return true;
}

/// Puts the records that follow the header into a Trace.
class TraceBuilder
{
public:
    TraceBuilder(Trace& trace, TraceShape shape, uint64_t file_bytes)
        : m_trace(trace), m_shape(shape),
          m_entries_left(free_entries + static_cast<size_t>(file_bytes / bytes_per_entry))
    {
    }

    /// False when the record does not say what its type should.
    bool take(TraceRecord type, ByteReader in)
    {
        switch (type) {
        case TraceRecord::header:
            return false; // a second one
        case TraceRecord::prompt:
            return take_prompt(in);
        case TraceRecord::tokens:
            return take_tokens(in);
        case TraceRecord::telemetry:
            return take_telemetry(in);
        case TraceRecord::end:
            return take_end(in);
        }
        return true; // of a later Conclave
    }

private:
    bool spend(size_t entries)
    {
        const bool enough = entries <= m_entries_left;
        m_entries_left -= enough ? entries : 0;
        return enough;
    }

    bool take_prompt(ByteReader& in)
    {
        TracePrompt prompt;
        if (!get(in, prompt)) {
            return false;
        }
        m_trace.prompt = std::move(prompt);
        return true;
    }

    bool take_tokens(ByteReader& in)
    {
        std::vector<TraceToken>& tokens = m_trace.tokens;
        const size_t before = tokens.size();
        if (!get_chunk(in, m_shape, tokens)) {
            return false;
        }
        if (!spend(tokens.size() - before) || !in_order(tokens, before)) {
            tokens.resize(before);
            return false;
        }
        return true;
    }

    bool take_telemetry(ByteReader& in)
    {
        TraceTelemetry telemetry;
        if (!get(in, telemetry) || !spend(1 + telemetry.sample.gpus.size())) {
            return false;
        }
        m_trace.telemetry.push_back(std::move(telemetry));
        return true;
    }

    bool take_end(ByteReader& in)
    {
        TraceEnd end;
        if (!get(in, end)) {
            return false;
        }
        m_trace.end = std::move(end);
        m_trace.complete = true;
        return true;
    }

    Trace& m_trace;
    TraceShape m_shape;
    size_t m_entries_left = 0;
};

} // namespace

Result<Trace> read_trace(const std::filesystem::path& path)
{
    RecordFile file(path);
    if (!file.is_open()) {
        return Error{ErrorCode::io,
                     std::format("The trace {} cannot be opened; check that the file is there and that you "
                                 "may read it.",
                                 utf8_from_path(path))};
    }
    const auto no_trace = [&](std::string_view why) {
        return Error{ErrorCode::format,
                     std::format("{} cannot be read as a trace: {}. Choose another file.", utf8_from_path(path), why)};
    };
    if (!file.next() || file.type() != TraceRecord::header) {
        return no_trace("its first record is no header, or is not whole");
    }
    if (file.version() > trace_version) {
        return Error{
            ErrorCode::unsupported,
            std::format("The trace {} was written by a later Conclave (format {}, this one reads {}); update to "
                        "open it.",
                        utf8_from_path(path), file.version(), trace_version)};
    }
    Trace trace;
    ByteReader header = file.payload();
    if (!get(header, trace.header)) {
        return no_trace("its header is damaged");
    }
    const auto shape = trace_shape(trace.header);
    if (!shape) {
        return no_trace(shape.error().message);
    }
    TraceBuilder builder(trace, *shape, file.size());
    while (!trace.complete && file.next()) {
        // A record of a later version is passed over, as one of an unknown type is.
        if (file.version() <= trace_version && !builder.take(file.type(), file.payload())) {
            break;
        }
    }
    return trace;
}

} // namespace conclave
