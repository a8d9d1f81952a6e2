#include "inspector/expert_map_plane.hpp"

#include "inspector/routing_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace
{

void fillNow(const RoutingHistory& history, const RouteRow& row, std::vector<float>& values)
{
    const size_t k = size_t(history.shape().nExpertsUsed);
    for (size_t i = 0; i < row.ids.size(); ++i)
        values[history.cell(int(i / k), row.ids[i])] = row.weights[i];
}

} // namespace

double niceCeiling(double value)
{
    if (!(value > 0) || !std::isfinite(value))
        return 1;
    const double decade = std::pow(10, std::floor(std::log10(value)));
    for (const double step : {1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0}) {
        if (value <= step * decade * (1 + 1e-9))
            return step * decade;
    }
    return 10 * decade;
}

void fillPlane(const RoutingHistory& history, MapMode mode, std::optional<int> position, MapPlane& plane)
{
    const std::span<const quint32> counts = history.counts();
    plane.diverging = mode == MapModes::Lift;
    plane.low = plane.diverging ? -kLiftRange : 0;
    plane.high = plane.diverging ? kLiftRange : 1;
    const int at = position.value_or(history.lastPosition().value_or(-1));
    const std::optional<RouteRow> row = history.row(at);
    if (mode == MapModes::Fading && row)
        history.fading(at, history.halfLife(), plane.values);
    else
        plane.values.assign(counts.size(), 0);
    if (mode == MapModes::Now && row)
        fillNow(history, *row, plane.values);

    float highest = 0;
    for (size_t i = 0; i < counts.size(); ++i) {
        float& value = plane.values[i];
        if (mode == MapModes::Total)
            value = float(counts[i]);
        else if (mode == MapModes::Lift && counts[i] > 0)
            value = float(std::log2(fairShareRatio(counts[i], history.rows(), history.shape())));
        if (counts[i] == 0)
            value = std::numeric_limits<float>::quiet_NaN();
        else
            highest = std::max(highest, value);
    }
    if (!plane.diverging)
        plane.high =
            mode == MapModes::Total ? std::max(1.0, niceCeiling(double(highest))) : niceCeiling(double(highest));
}
