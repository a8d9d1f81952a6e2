#include <format>
#include <fstream>
#include <optional>
#include <utility>

#include "base/crc32c.hpp"
#include "base/utf8_path.hpp"
#include "conclave/trace.hpp"
#include "trace/trace_bytes.hpp"
#include "trace/trace_chunk.hpp"
#include "trace/trace_format.hpp"
#include "trace/trace_records.hpp"
#include "trace/trace_shape.hpp"

namespace conclave
{

struct TraceWriter::State {
    std::filesystem::path path;
    std::ofstream file;
    TraceChunk chunk;
    ByteWriter payload, record;
    std::optional<int32_t> last_position;
    std::optional<Error> failed; ///< sticks: behind half a record nothing could be found again
    bool ended = false;

    Result<void> ready() const
    {
        if (failed) {
            return *failed;
        }
        if (ended) {
            return Error{ErrorCode::invalid_argument,
                         std::format("The trace {} has ended; a new run needs a new file.", utf8_from_path(path))};
        }
        return {};
    }

    Result<void> write_record(TraceRecord type)
    {
        record.clear();
        record.put(static_cast<uint16_t>(type));
        record.put(trace_version);
        record.put(static_cast<uint32_t>(payload.bytes().size()));
        record.put_all(payload.bytes());
        record.put(crc32c(record.bytes()));
        const auto bytes = record.bytes();
        file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        file.flush(); // to the system, which keeps it when this process ends; fsync would cost every token its disk
        if (!file) {
            failed = Error{ErrorCode::io, std::format("The trace {} cannot be written; the disk may be full. What was "
                                                      "written before stays readable.",
                                                      utf8_from_path(path))};
            return *failed;
        }
        return {};
    }

    template <class Value>
    Result<void> write(TraceRecord type, const Value& value)
    {
        if (const auto is_ready = ready(); !is_ready) {
            return is_ready;
        }
        payload.clear();
        put(payload, value);
        return write_record(type);
    }

    Result<void> flush()
    {
        if (const auto is_ready = ready(); !is_ready || chunk.size() == 0) {
            return is_ready;
        }
        payload.clear();
        chunk.put(payload);
        chunk.clear();
        return write_record(TraceRecord::tokens);
    }
};

TraceWriter::TraceWriter(std::unique_ptr<State> state) : m_state(std::move(state)) {}
TraceWriter::TraceWriter(TraceWriter&&) noexcept = default;

TraceWriter& TraceWriter::operator=(TraceWriter&& other) noexcept
{
    if (this != &other) {
        if (m_state) {
            static_cast<void>(m_state->flush());
        }
        m_state = std::move(other.m_state);
    }
    return *this;
}

TraceWriter::~TraceWriter()
{
    // A run that was dropped without its end keeps its tokens; there is nobody left to tell of an error.
    if (m_state && !m_state->ended) {
        static_cast<void>(m_state->flush());
    }
}

Result<TraceWriter> TraceWriter::create(const std::filesystem::path& path, const TraceHeader& header)
{
    const auto shape = trace_shape(header);
    if (!shape) {
        return shape.error();
    }
    auto state = std::make_unique<State>(State{.path = path,
                                               .file = std::ofstream(path, std::ios::binary | std::ios::trunc),
                                               .chunk = TraceChunk(*shape),
                                               .payload = {},
                                               .record = {},
                                               .last_position = {},
                                               .failed = {}});
    if (!state->file) {
        return Error{ErrorCode::io,
                     std::format("The trace {} cannot be created; choose a folder that exists and can be "
                                 "written to.",
                                 utf8_from_path(path))};
    }
    if (const auto written = state->write(TraceRecord::header, header); !written) {
        return written.error();
    }
    return TraceWriter(std::move(state));
}

Result<void> TraceWriter::prompt(const TracePrompt& prompt)
{
    return m_state->write(TraceRecord::prompt, prompt);
}

Result<void> TraceWriter::token(const TraceToken& token)
{
    if (const auto ready = m_state->ready(); !ready) {
        return ready;
    }
    if (m_state->last_position && token.position <= *m_state->last_position) {
        return Error{ErrorCode::invalid_argument,
                     std::format("A trace takes its tokens in order: position {} came after {}.", token.position,
                                 *m_state->last_position)};
    }
    if (const auto added = m_state->chunk.add(token); !added) {
        return added;
    }
    m_state->last_position = token.position;
    return m_state->chunk.size() == trace_chunk_tokens ? m_state->flush() : Result<void>();
}

Result<void> TraceWriter::telemetry(const TraceTelemetry& telemetry)
{
    return m_state->write(TraceRecord::telemetry, telemetry);
}

Result<void> TraceWriter::flush()
{
    return m_state->flush();
}

Result<void> TraceWriter::end(const TraceEnd& end)
{
    if (const auto flushed = m_state->flush(); !flushed) {
        return flushed;
    }
    const auto written = m_state->write(TraceRecord::end, end);
    m_state->ended = m_state->ended || written.has_value();
    return written;
}

} // namespace conclave
