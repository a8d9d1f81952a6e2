#pragma once

#include <QList>
#include <QMetaType>

#include <optional>

#include "bridge/run_events.hpp"

/// What arrived of the current run since the frame before, each kind in order.
struct RunBatch {
    QList<RunPrompt> prompts{};
    std::optional<RunProgress> progress{}; ///< the last of them
    QList<RunStep> steps{};
    QList<RunToken> tokens{};
    std::optional<RunFinished> finished{};
    std::optional<RunFailed> failed{};
    std::optional<RunOutgrown> outgrown{};

    bool ends() const { return finished || failed || outgrown; }
};
Q_DECLARE_METATYPE(RunBatch)
