#include "trace/trace_shape.hpp"

#include <format>

namespace conclave
{
namespace
{

// A counts table has layers x experts entries and is made before a chunk is read; the largest published model has 61 x
// 384.
constexpr size_t max_layers = 4'096;
constexpr size_t max_experts = 65'536; // ids are u16
constexpr size_t max_cells = 1 << 20;

} // namespace

Result<TraceShape> trace_shape(const TraceHeader& header)
{
    const size_t n_layers = header.moe_layers.size();
    const auto refuse = [&] {
        return Error{
            ErrorCode::invalid_argument,
            std::format("A trace cannot hold {} MoE layers with {} of {} experts; the limits are {} layers, {} "
                        "experts and {} of both multiplied.",
                        n_layers, header.n_experts_used, header.n_experts, max_layers, max_experts, max_cells)};
    };
    if (header.n_experts < 0 || header.n_experts_used < 0 || header.n_experts_used > header.n_experts) {
        return refuse();
    }
    const TraceShape shape{n_layers, static_cast<size_t>(header.n_experts_used), static_cast<size_t>(header.n_experts)};
    if (n_layers > max_layers || shape.n_experts > max_experts || n_layers * shape.n_experts > max_cells) {
        return refuse();
    }
    return shape;
}

} // namespace conclave
