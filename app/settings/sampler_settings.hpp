#pragma once

#include <QtTypes>

#include <optional>

/// What the next answer is sampled with. Plain values: they cross threads.
struct SamplerSettings {
    double temperature = 0.7; ///< 0: always the likeliest token
    int topK = 0;             ///< 0: off
    double topP = 0.95;
    double minP = 0.0;
    double repetitionPenalty = 1.0;
    std::optional<quint64> seed; ///< absent: a fresh one each run
    int maxTokens = -1;          ///< -1: until the model ends
    bool thinking = true;
};
