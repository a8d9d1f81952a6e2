#pragma once

#include <QList>
#include <QTemporaryDir>

#include <memory>
#include <vector>

#include "bridge/run_events.hpp"
#include "conclave/engine.hpp"
#include "conclave/model.hpp"
#include "conclave/trace.hpp"

/// One answer as the window had it and as it was recorded.
struct RecordedAnswer {
    QString tracePath;
    QList<RunEvent> events; ///< of the run itself, ended
    conclave::Trace trace;  ///< read back
};

/// The text that the events of a run show.
QString textOf(const QList<RunEvent>& events);
/// How the run ended; absent when it did not.
std::optional<RunFinished> endOf(const QList<RunEvent>& events);

/// Answers of the built-in model, one chat after the other, made and recorded by what the window uses.
class RecordedAnswers
{
public:
    /// Asks until `nTokens` were generated. Empty when anything failed.
    static std::unique_ptr<RecordedAnswers> make(int nTokens);

    const std::vector<RecordedAnswer>& all() const { return m_answers; }
    const std::shared_ptr<const conclave::Model>& model() const { return m_model; }
    int contextLength() const { return m_contextLength; }
    int generated() const { return m_generated; }
    const RoutingShape& shape() const { return m_shape; }

private:
    explicit RecordedAnswers(conclave::Engine engine) : m_engine(std::move(engine)) {}
    bool run(int nTokens);

    conclave::Engine m_engine;
    std::shared_ptr<const conclave::Model> m_model;
    RoutingShape m_shape;
    QTemporaryDir m_folder;
    std::vector<RecordedAnswer> m_answers;
    int m_contextLength = 0, m_generated = 0;
};
