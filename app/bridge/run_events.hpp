#pragma once

#include <QList>
#include <QString>

#include <optional>
#include <variant>
#include <vector>

#include "conclave/chat.hpp"
#include "settings/sampler_settings.hpp"

/// One answer to be made: the whole chat so far, immutable once handed over.
struct RunRequest {
    quint64 runId = 0;
    std::vector<conclave::ChatMessage> messages{};
    SamplerSettings sampler{};
    QString tracePath{}; ///< where the *.ctr goes; empty: none
};

/// The shape of a model's routing: what the inspector draws before the first token.
struct RoutingShape {
    QString modelName{};
    int nLayers = 0;
    QList<int> moeLayers{}; ///< layer index of each traced row of experts
    int nExperts = 0;
    int nExpertsUsed = 0;
    int nSharedExperts = 0;
    int nGroup = 1;
    int topkGroup = 1;
    QString routingRule{}, routingRuleSource{};
    bool operator==(const RoutingShape&) const = default;
};

/// The prompt as the model saw it.
struct RunPrompt {
    QList<int> ids{};
    QList<QByteArray> pieces{}; ///< text bytes of each id
    bool opensThinking = false; ///< the answer starts inside <think>
    int nDropped = 0;           ///< messages of the chat that were left out because it outgrew the context
};

struct RunToken {
    int index = 0;    ///< 0 for the first generated token
    int position = 0; ///< place in the context
    int id = 0;
    QString text{};                            ///< text that became complete with this token; may be empty
    std::optional<float> logprob{}, entropy{}; ///< nats; absent in a recording that lacks them
    QList<std::pair<int, float>> top{};
    QList<QString> topTexts{}; ///< of `top`, for display
    qint64 tNs = 0;
};

/// Routes of one forward step; arrays as in conclave::StepTrace.
struct RunStep {
    bool prefill = false;
    int nMoeLayers = 0;
    int k = 0;
    int nDone = 0;          ///< prompt tokens in the cache
    int nTotal = 0;         ///< prompt tokens of this run
    QList<int> positions{}; ///< of each row
    QList<int> tokens{};
    std::vector<quint16> ids{};
    std::vector<float> weights{};
    std::vector<float> margins{};
    std::vector<quint32> groups{};
    qint64 tNs = 0, durationNs = 0;
};

/// How far the prompt was read, within a step too.
struct RunProgress {
    int nDone = 0, nTotal = 0; ///< prompt tokens
};

struct RunFinished {
    QString stop{}; ///< "end_of_text", "max_tokens", "context_full", "stop_string", "stopped"
    int nPrompt = 0, nCached = 0, nGenerated = 0;
    double ttftMs = 0;
    std::optional<double> prefillTps{}, decodeTps{};
    quint64 seed = 0, sumCounts = 0;
};

struct RunFailed {
    QString sentence{};
};

/// The chat leaves no room for an answer, and the reader is to decide: the run ended before it began.
struct RunOutgrown {
    int nPrompt = 0, nContext = 0; ///< tokens the chat has, and the context holds
    int nOldest = 0;               ///< messages, the oldest, without which there is room
    QString sentence{};            ///< what became of the run where nothing is left out
};

/// Everything of one run in order. runId tells late events of a stopped run from those of the next.
struct RunEvent {
    quint64 runId = 0;
    std::variant<RunPrompt, RunProgress, RunStep, RunToken, RunFinished, RunFailed, RunOutgrown> what{};
};
