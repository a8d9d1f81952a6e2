#pragma once

#include <QString>

/// How a model is run. Plain values: they cross threads.
struct ModelSettings {
    QString device = QStringLiteral("cpu"); ///< as conclave::EngineOptions::device takes it
    int contextLength = 4096;               ///< tokens a chat can have, where the model can have so many
    QString kvType = QStringLiteral("f16"); ///< a conclave::kv_type_name; a GPU keeps f32
    int threads = 0;                        ///< of the engine; 0: as many as leave the window room

    bool operator==(const ModelSettings&) const = default;
};
