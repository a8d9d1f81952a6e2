#include "routes.hpp"

namespace conclave::cli
{

Json group_list(uint32_t mask)
{
    Json groups = Json::array();
    for (int g = 0; g < 32; ++g) {
        if (mask >> g & 1u) {
            groups.push_back(g);
        }
    }
    return groups;
}

Json routes_of(const StepTrace& step, size_t row, const std::vector<int>& moe_layers)
{
    Json routes = Json::array();
    if (step.ids.empty()) {
        return routes;
    }
    const size_t k = static_cast<size_t>(step.k), n_layers = moe_layers.size();
    for (size_t m = 0; m < n_layers; ++m) {
        const size_t at = row * n_layers + m;
        const auto ids = step.ids.subspan(at * k, k);
        const auto weights = step.weights.subspan(at * k, k);
        routes.push_back({{"layer", moe_layers[m]},
                          {"ids", std::vector<int>(ids.begin(), ids.end())},
                          {"weights", std::vector<float>(weights.begin(), weights.end())},
                          {"margin", step.margins[at]},
                          {"groups", group_list(step.groups[at])},
                          {"group_margin", step.group_margins[at]}});
    }
    return routes;
}

} // namespace conclave::cli
