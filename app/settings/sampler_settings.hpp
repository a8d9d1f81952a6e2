#pragma once

#include <QtTypes>

#include <optional>

/// What becomes of a chat that outgrew the context: the reader decides each time, or its oldest turns are left out, or
/// it is not answered.
enum class ContextPolicy { Ask, LeaveOut, Refuse };

/// What the next answer is sampled with; the meaning of each is that of conclave::SamplerOptions. Plain values: they
/// cross threads.
struct SamplerSettings {
    double temperature = 0.7; ///< 0: always the likeliest token
    int topK = 0;             ///< 0: off
    double topP = 0.95;
    double minP = 0.0;
    std::optional<quint64> seed; ///< absent: a fresh one each run
    int maxTokens = -1;          ///< -1: until the model ends
    bool thinking = true;
    ContextPolicy contextPolicy = ContextPolicy::Ask;

    // Those of samplerKnobs().
    double repetitionPenalty = 1.0;
    double presencePenalty = 0;
    double frequencyPenalty = 0;
    double repetitionWindow = 64;
    double dynamicRange = 0;
    double typicalP = 1;
    double topNSigma = 0;
    double xtcProbability = 0;
    double xtcThreshold = 0.1;
    double dryMultiplier = 0;
    double dryBase = 1.75;
    double dryAllowedLength = 2;
    double mirostat = 0;
    double mirostatTau = 5;
    double mirostatEta = 0.1;
};
