#pragma once

#include "conclave/model.hpp"
#include "conclave/session.hpp"
#include "json.hpp"

namespace conclave::cli
{

/// Adds up where the steps of a phase spend their time. Thread: that of generate.
class Profile : public EventSink
{
public:
    void on_token(const TokenEvent& event) override;
    void on_step(const StepTrace& step) override;
    /// Forgets everything; for what comes after a warm-up.
    void clear() { *this = Profile(); }
    /// The next run begins.
    void begin_run() { m_last_ns = 0; }

    /// [{stage, ms_per_token, share, gbps}] of a phase, the longest first; "other" is what no stage took: sampling,
    /// recording, waiting. gbps counts the weights that one token reads, and is null where a step has many rows that
    /// share them. Null when no step was seen, or none could be timed.
    Json report(Phase phase, const MemoryPlan& plan) const;

private:
    struct Times {
        PerStage stage_ns{};
        int64_t wall_ns = 0, n_rows = 0;
        bool timed = false;
    };
    Times m_times[2];      ///< by Phase
    int64_t m_last_ns = 0; ///< end of the last step of this run
};

/// Both phases as tables for people.
void print_profile(const Json& prefill, const Json& decode);

} // namespace conclave::cli
