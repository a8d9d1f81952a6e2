#pragma once

#include <QCoreApplication>

#include "inspector/map_mode.hpp"
#include "inspector/routing_history.hpp"

/// Words for routing figures: every number with its unit, in the user's locale.
struct RouteText {
    Q_DECLARE_TR_FUNCTIONS(RouteText)
public:
    /// With that many significant digits, never in exponent form; at most 6 decimals.
    static QString significant(double value, int digits = 3);
    static QString integer(quint64 value);
    static QString count(quint64 tokens); ///< "1 token", "243 tokens"
    static QString percent(double share, int decimals = 0);
    /// The token's text in quotes, its blanks and line breaks made visible.
    static QString tokenTitle(const TokenInfo& token);
    /// Place, probability and surprise, as far as they were measured.
    static QString tokenDetail(int position, const TokenInfo& token);
    static QString margin(float margin);
    static QString groups(quint32 mask, int nGroup, int topkGroup);
    /// Everything measured of one expert in one sentence; `fading` when the map shows it.
    static QString expert(const RoutingHistory& history, int moeLayer, int expert, std::optional<float> fading);
    static QString tokens(const RoutingHistory& history);
    /// Σ counts against tokens × k × layers, and against the engine's own sum where known.
    static QString sum(const RoutingHistory& history);
    static bool sumHolds(const RoutingHistory& history);
};
