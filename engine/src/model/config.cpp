#include "model/config.hpp"

#include <cstdio>

namespace conclave
{

std::string describe_routing(const Config& config)
{
    if (config.n_routed_experts == 0) {
        return {};
    }
    std::string rule = config.scoring_func == ScoringFunc::sigmoid   ? "sigmoid scores"
                       : config.scoring_func == ScoringFunc::softmax ? "softmax scores"
                                                                     : "logits";
    if (config.has_selection_bias) {
        rule += ", bias selects";
    }
    if (config.n_group > 1 && config.topk_method != TopkMethod::greedy) {
        const char* by = config.topk_method == TopkMethod::noaux_tc ? "top-2 sum" : "maximum";
        rule += ", best " + std::to_string(config.topk_group) + " of " + std::to_string(config.n_group) +
                " groups by " + by;
    }
    rule += ", top-" + std::to_string(config.num_experts_per_tok);
    if (config.scoring_func == ScoringFunc::topk_softmax) {
        rule += ", softmax of the chosen";
    } else if (config.norm_topk_prob) {
        rule += ", normalised";
    }
    if (config.routed_scaling_factor != 1) {
        char scale[32];
        std::snprintf(scale, sizeof scale, ", times %g", config.routed_scaling_factor);
        rule += scale;
    }
    return rule;
}

} // namespace conclave
