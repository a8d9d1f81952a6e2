#pragma once

#include <QByteArray>

#include "conclave/utf8_stream.hpp"

namespace conclave
{
struct Trace;
struct TraceToken;
} // namespace conclave

/// The text of a recorded answer as it was shown while it was made: a trace has the bytes of each token, which may be
/// parts of characters, or never become one. Decoded by what the engine used, so that both are the same to the letter.
class RecordedText
{
public:
    /// `trace` must outlive it.
    explicit RecordedText(const conclave::Trace& trace) : m_trace(trace) {}

    /// UTF-8 that became complete with `token`, the next generated one of the trace; may be empty.
    QByteArray next(const conclave::TraceToken& token);

private:
    const conclave::Trace& m_trace;
    conclave::Utf8Stream m_stream;
};
