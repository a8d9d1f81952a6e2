#pragma once

#include "generate/samplers/candidates.hpp"

namespace conclave
{

/// Divides logits by the temperature, which must be positive.
void apply_temperature(Candidates& candidates, double temperature);

struct DynamicTemperature {
    double temperature = 1;
    double range = 0;
    double exponent = 1;
};

/// Temperature from max(0, temperature - range) at entropy 0 to temperature + range at that of as many equal tokens:
/// lowest + (highest - lowest) × (entropy / log n)^exponent. Source: kalomaze, "Entropy-based dynamic temperature",
/// as llama.cpp's temp_ext applies it; one candidate is left alone.
void apply_dynamic_temperature(Candidates& candidates, const DynamicTemperature& options);

} // namespace conclave
