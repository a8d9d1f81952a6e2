#pragma once

#include "bridge/event_queue.hpp"
#include "bridge/trace_recording.hpp"
#include "conclave/session.hpp"

/// Takes what a run produces on the engine's thread: copies it for the GUI thread and into the trace.
class RunRecorder : public conclave::EventSink
{
public:
    /// All must outlive it.
    RunRecorder(quint64 runId, const conclave::Model& model, EventQueue& queue, TraceRecording& trace)
        : m_runId(runId), m_model(model), m_queue(queue), m_trace(trace)
    {
    }

    void on_token(const conclave::TokenEvent& event) override;
    void on_step(const conclave::StepTrace& step) override;
    void on_progress(int nDone, int nTotal) override;

private:
    const quint64 m_runId;
    const conclave::Model& m_model;
    EventQueue& m_queue;
    TraceRecording& m_trace;
};
