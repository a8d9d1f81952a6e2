#pragma once

#include <span>

#include "settings/sampler_settings.hpp"

/// One number that a sampler can be set by, beside the few every user meets.
struct SamplerKnob {
    const char* key;         ///< in the settings file and in traces; the published name
    const char* label;       ///< English; translated in the context "SamplerModel"
    const char* explanation; ///< one sentence with its unit, likewise
    double from = 0, to = 1;
    int decimals = 2;
    double SamplerSettings::* field = nullptr; ///< its default is what SamplerSettings{} has
};

/// All of them, in the order they are shown.
std::span<const SamplerKnob> samplerKnobs();
