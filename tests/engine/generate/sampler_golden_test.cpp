// The chain against llama.cpp's own samplers: tests/golden/samplers/make.py.
#include <cmath>
#include <fstream>
#include <limits>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "generate/sampler.hpp"
#include "generate/samplers/mirostat.hpp"

namespace conclave
{
namespace
{

using Json = nlohmann::json;

Json golden()
{
    std::ifstream file(CONCLAVE_SOURCE_DIR "/tests/golden/samplers/samplers.json");
    return Json::parse(file);
}

SamplerOptions options_of(const Json& json)
{
    SamplerOptions options;
    const std::map<std::string, float*> numbers = {{"temperature", &options.temperature},
                                                   {"dynatemp_range", &options.dynatemp_range},
                                                   {"dynatemp_exponent", &options.dynatemp_exponent},
                                                   {"top_p", &options.top_p},
                                                   {"min_p", &options.min_p},
                                                   {"typical_p", &options.typical_p},
                                                   {"top_n_sigma", &options.top_n_sigma},
                                                   {"xtc_probability", &options.xtc_probability},
                                                   {"xtc_threshold", &options.xtc_threshold},
                                                   {"repetition_penalty", &options.repetition_penalty},
                                                   {"presence_penalty", &options.presence_penalty},
                                                   {"frequency_penalty", &options.frequency_penalty},
                                                   {"dry_multiplier", &options.dry_multiplier},
                                                   {"dry_base", &options.dry_base}};
    const std::map<std::string, int*> counts = {{"top_k", &options.top_k},
                                                {"repetition_window", &options.repetition_window},
                                                {"dry_allowed_length", &options.dry_allowed_length},
                                                {"dry_window", &options.dry_window}};
    for (const auto& [key, value] : json.items()) {
        if (numbers.contains(key))
            *numbers.at(key) = value.get<float>();
        else if (counts.contains(key))
            *counts.at(key) = value.get<int>();
        else if (key == "logit_bias")
            for (const Json& bias : value)
                options.logit_bias.push_back({bias[0].get<int32_t>(), bias[1].is_null()
                                                                          ? -std::numeric_limits<float>::infinity()
                                                                          : bias[1].get<float>()});
        else
            ADD_FAILURE() << "no option " << key;
    }
    return options;
}

void expect_left(const std::map<int32_t, double>& found, const Json& left, const std::string& where)
{
    EXPECT_EQ(found.size(), left.size()) << where;
    for (const Json& expected : left) {
        const auto id = expected[0].get<int32_t>();
        ASSERT_TRUE(found.contains(id)) << where << ": token " << id << " was removed";
        EXPECT_NEAR(found.at(id), expected[1].get<double>(), 2e-6) << where << ": token " << id;
    }
}

TEST(SamplerGolden, EveryStageLeavesWhatLlamaCppLeaves)
{
    const Json cases = golden()["cases"];
    ASSERT_GT(cases.size(), 40u);
    for (const Json& one : cases) {
        const auto logits = one["logits"].get<std::vector<float>>();
        const auto recent = one["recent"].get<std::vector<int32_t>>();
        const SamplerOptions options = options_of(one["options"]);
        ASSERT_TRUE(Sampler::check(options, static_cast<int>(logits.size())));
        Sampler sampler(static_cast<int>(logits.size()), 64, 256, nullptr);
        sampler.begin({options, 1, 0, 64});
        const Sampled sampled = sampler.sample(logits, recent);
        std::map<int32_t, double> found;
        for (const TokenAlternative& token : sampled.stages.back().top)
            found[token.id] = std::exp(static_cast<double>(token.logprob));
        EXPECT_TRUE(found.contains(sampled.id));
        EXPECT_EQ(sampled.stages.back().n_candidates, static_cast<int>(found.size()));
        expect_left(found, one["left"], one["name"].get<std::string>() + " " + one["options"].dump());
    }
}

TEST(SamplerGolden, MirostatFollowsLlamaCppStepByStep)
{
    const Json file = golden();
    for (const Json& run : file["mirostat"]) {
        SamplerOptions options;
        options.mirostat = run["version"].get<int>();
        options.mirostat_tau = run["tau"].get<float>();
        options.mirostat_eta = run["eta"].get<float>();
        Mirostat mirostat;
        mirostat.begin(options);
        for (const Json& step : run["steps"]) {
            const auto logits = step["logits"].get<std::vector<float>>();
            Candidates candidates(logits.size());
            candidates.assign(logits);
            mirostat.truncate(candidates);
            std::map<int32_t, double> found;
            for (size_t i = 0; i < candidates.size(); ++i)
                found[candidates.id(i)] = candidates.probability(i);
            expect_left(found, step["left"], "version " + run["version"].dump());
            mirostat.observe(found.at(step["drawn"].get<int32_t>()));
        }
    }
}

} // namespace
} // namespace conclave
