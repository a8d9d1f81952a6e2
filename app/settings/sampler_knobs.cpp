#include "settings/sampler_knobs.hpp"

#include <QtGlobal>

#include <array>

namespace
{

constexpr std::array knobs = {
    SamplerKnob{"repetition_penalty", QT_TRANSLATE_NOOP("SamplerModel", "Repetition penalty"),
                QT_TRANSLATE_NOOP("SamplerModel", "Divides the odds of tokens that came before; 1 is off."), 1, 2, 2,
                &SamplerSettings::repetitionPenalty},
    SamplerKnob{
        "presence_penalty", QT_TRANSLATE_NOOP("SamplerModel", "Presence penalty"),
        QT_TRANSLATE_NOOP("SamplerModel", "Taken once from the logit of every token that came before; 0 is off."), -2,
        2, 2, &SamplerSettings::presencePenalty},
    SamplerKnob{"frequency_penalty", QT_TRANSLATE_NOOP("SamplerModel", "Frequency penalty"),
                QT_TRANSLATE_NOOP("SamplerModel", "Taken from a token's logit for each time it came before; 0 is off."),
                -2, 2, 2, &SamplerSettings::frequencyPenalty},
    SamplerKnob{
        "repetition_window", QT_TRANSLATE_NOOP("SamplerModel", "Penalty window"),
        QT_TRANSLATE_NOOP("SamplerModel", "How many tokens the three penalties look back over; -1 is all of them."), -1,
        100000, 0, &SamplerSettings::repetitionWindow},
    SamplerKnob{
        "dynatemp_range", QT_TRANSLATE_NOOP("SamplerModel", "Dynamic temperature"),
        QT_TRANSLATE_NOOP("SamplerModel",
                          "Lets the temperature vary this far up and down, by how unsure the model is; 0 is off."),
        0, 5, 2, &SamplerSettings::dynamicRange},
    SamplerKnob{"typical_p", QT_TRANSLATE_NOOP("SamplerModel", "Typical-p"),
                QT_TRANSLATE_NOOP(
                    "SamplerModel",
                    "Keeps tokens about as surprising as the model expects, until they reach this probability; 1 is "
                    "off."),
                0.01, 1, 2, &SamplerSettings::typicalP},
    SamplerKnob{
        "top_n_sigma", QT_TRANSLATE_NOOP("SamplerModel", "Top-n-sigma"),
        QT_TRANSLATE_NOOP("SamplerModel",
                          "Keeps tokens whose logit is within this many standard deviations of the best; 0 is off."),
        0, 10, 2, &SamplerSettings::topNSigma},
    SamplerKnob{"xtc_probability", QT_TRANSLATE_NOOP("SamplerModel", "XTC probability"),
                QT_TRANSLATE_NOOP(
                    "SamplerModel",
                    "How often the likeliest of several good tokens are left out, for less usual words; 0 is off."),
                0, 1, 2, &SamplerSettings::xtcProbability},
    SamplerKnob{"xtc_threshold", QT_TRANSLATE_NOOP("SamplerModel", "XTC threshold"),
                QT_TRANSLATE_NOOP("SamplerModel",
                                  "The probability from which XTC takes a token for good; above 0.5 it does nothing."),
                0, 1, 2, &SamplerSettings::xtcThreshold},
    SamplerKnob{
        "dry_multiplier", QT_TRANSLATE_NOOP("SamplerModel", "DRY strength"),
        QT_TRANSLATE_NOOP("SamplerModel",
                          "How strongly a token is held back that would go on with a repeated passage; 0 is off."),
        0, 5, 2, &SamplerSettings::dryMultiplier},
    SamplerKnob{"dry_base", QT_TRANSLATE_NOOP("SamplerModel", "DRY base"),
                QT_TRANSLATE_NOOP("SamplerModel", "How much more each further repeated token costs: a factor."), 1, 4,
                2, &SamplerSettings::dryBase},
    SamplerKnob{
        "dry_allowed_length", QT_TRANSLATE_NOOP("SamplerModel", "DRY allowed length"),
        QT_TRANSLATE_NOOP("SamplerModel", "A passage must repeat this many tokens before DRY holds back the next."), 1,
        100, 0, &SamplerSettings::dryAllowedLength},
    SamplerKnob{"mirostat", QT_TRANSLATE_NOOP("SamplerModel", "Mirostat"),
                QT_TRANSLATE_NOOP(
                    "SamplerModel",
                    "Version 1 or 2 steers how surprising tokens are, in place of top-k, top-p and their like; 0 is "
                    "off."),
                0, 2, 0, &SamplerSettings::mirostat},
    SamplerKnob{"mirostat_tau", QT_TRANSLATE_NOOP("SamplerModel", "Mirostat target"),
                QT_TRANSLATE_NOOP("SamplerModel", "The surprise Mirostat steers to, in bits a token."), 0, 20, 2,
                &SamplerSettings::mirostatTau},
    SamplerKnob{
        "mirostat_eta", QT_TRANSLATE_NOOP("SamplerModel", "Mirostat rate"),
        QT_TRANSLATE_NOOP("SamplerModel", "How quickly Mirostat corrects itself: the share of each token's error."), 0,
        1, 2, &SamplerSettings::mirostatEta},
};

} // namespace

std::span<const SamplerKnob> samplerKnobs()
{
    return knobs;
}
