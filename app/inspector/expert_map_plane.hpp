#pragma once

#include "inspector/map_mode.hpp"
#include "inspector/routing_history.hpp"

/// What the map shows, as numbers: one for each MoE layer and expert, and the ends of its scale. Depends on nothing but
/// the history, the mode and the token, so that a replay shows the same picture.
struct MapPlane {
    std::vector<float> values; ///< [n_moe_layers, n_experts]; NaN: never used in this run
    double low = 0, high = 1;  ///< the scale's ends
    bool diverging = false;    ///< neutral in the middle

    /// A value's place on the scale, 0 to 1.
    double share(float value) const { return (double(value) - low) / (high - low); }
};

constexpr double kLiftRange = 3; ///< log2: an eighth of a fair share to eight times it

/// Fills `plane` (its storage is used again). `position` is the token of Now and Fading. O(layers · experts).
void fillPlane(const RoutingHistory& history, MapMode mode, std::optional<int> position, MapPlane& plane);

/// The smallest of 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten that is at least `value`: a scale with a readable end
/// that changes seldom.
double niceCeiling(double value);
