#include "generate/samplers/temperature.hpp"

#include <algorithm>
#include <cmath>

namespace conclave
{

namespace
{

// What a range that reaches 0 comes down to: as good as greedy, and still a distribution.
constexpr double lowest_temperature = 1e-3;

} // namespace

void apply_temperature(Candidates& candidates, double temperature)
{
    if (temperature != 1) {
        candidates.scale(static_cast<float>(1 / temperature));
    }
}

void apply_dynamic_temperature(Candidates& candidates, const DynamicTemperature& options)
{
    const int n = candidates.count();
    if (n < 2) {
        return;
    }
    const double lowest = std::max(0.0, options.temperature - options.range);
    const double highest = options.temperature + options.range;
    const double share = std::clamp(candidates.entropy() / std::log(n), 0.0, 1.0);
    const double temperature = lowest + (highest - lowest) * std::pow(share, options.exponent);
    apply_temperature(candidates, std::max(temperature, lowest_temperature));
}

} // namespace conclave
