#include <algorithm>
#include <array>
#include <utility>

#include "conclave/sampling.hpp"

namespace conclave
{

namespace
{

constexpr std::array<std::pair<SamplerStage, const char*>, 12> names = {{
    {SamplerStage::grammar, "grammar"},
    {SamplerStage::logit_bias, "logit_bias"},
    {SamplerStage::penalties, "penalties"},
    {SamplerStage::dry, "dry"},
    {SamplerStage::top_n_sigma, "top_n_sigma"},
    {SamplerStage::top_k, "top_k"},
    {SamplerStage::typical_p, "typ_p"},
    {SamplerStage::top_p, "top_p"},
    {SamplerStage::min_p, "min_p"},
    {SamplerStage::xtc, "xtc"},
    {SamplerStage::temperature, "temperature"},
    {SamplerStage::mirostat, "mirostat"},
}};

} // namespace

const char* sampler_stage_name(SamplerStage stage)
{
    return std::ranges::find(names, stage, &std::pair<SamplerStage, const char*>::first)->second;
}

std::optional<SamplerStage> sampler_stage(std::string_view name)
{
    const auto found = std::ranges::find_if(names, [&](const auto& entry) { return entry.second == name; });
    return found == names.end() ? std::nullopt : std::optional(found->first);
}

} // namespace conclave
