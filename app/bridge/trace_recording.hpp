#pragma once

#include <QString>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "conclave/device.hpp"
#include "conclave/trace.hpp"

namespace conclave
{
struct TokenEvent;
} // namespace conclave

/// Writes one run to its *.ctr as it happens: joins each token with the routes of the step that computed it, and closes
/// what it has once a second. When the disk fails it says so once and records no more; the answer goes on. One thread.
class TraceRecording
{
public:
    /// Asked once a second for the machine's counters; may be empty.
    using Sampler = std::function<conclave::DeviceSample()>;

    /// No file when `path` is empty.
    TraceRecording(const QString& path, const conclave::TraceHeader& header, conclave::TracePrompt prompt,
                   Sampler sampler);

    void step(const conclave::StepTrace& step);
    /// `bytes`: what the token adds to the answer.
    void token(const conclave::TokenEvent& event, const std::string& bytes);
    void end(const conclave::TraceEnd& end);

private:
    void beginTokens(int nCached);
    void writePromptToken(int position);
    void writePending();
    void takeRoutes(conclave::TraceToken& token, const conclave::StepTrace& step, size_t row) const;
    void everySecond();
    void check(const conclave::Result<void>& result);

    std::optional<conclave::TraceWriter> m_writer; ///< absent: not recording (any more)
    conclave::TracePrompt m_prompt;
    bool m_promptWritten = false;
    Sampler m_sampler;
    conclave::TraceToken m_promptToken; ///< reused, so that a token allocates nothing once its vectors have grown
    conclave::TraceToken m_pending;     ///< generated, waits for its routes
    bool m_hasPending = false;
    std::chrono::steady_clock::time_point m_begin, m_lastFlush;
};
