#include "trace/trace_layout.hpp"

#include <algorithm>

namespace conclave
{

bool valid_experts(const TraceShape& shape, const uint16_t* experts)
{
    for (size_t layer = 0; layer < shape.n_moe_layers; ++layer) {
        const uint16_t* chosen = experts + layer * shape.k;
        for (size_t i = 0; i < shape.k; ++i) {
            if (chosen[i] >= shape.n_experts || std::find(chosen, chosen + i, chosen[i]) != chosen + i) {
                return false;
            }
        }
    }
    return true;
}

void count_experts(const TraceShape& shape, const uint16_t* experts, std::vector<uint32_t>& counts)
{
    for (size_t layer = 0; layer < shape.n_moe_layers; ++layer) {
        for (size_t i = 0; i < shape.k; ++i) {
            ++counts[layer * shape.n_experts + experts[layer * shape.k + i]];
        }
    }
}

} // namespace conclave
