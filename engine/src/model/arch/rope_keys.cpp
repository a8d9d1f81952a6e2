#include "model/arch/rope_keys.hpp"

#include <string>

#include "formats/printable.hpp"

namespace conclave
{

void read_rope(KeyReader& keys, Config& config)
{
    config.rope_theta = keys.number("rope.freq_base", 10000, 1.001, 1e12);
    RopeScaling& scaling = config.rope_scaling;
    const std::string_view type = keys.text("rope.scaling.type");
    if (type == "yarn") {
        scaling.type = RopeScalingType::yarn;
    } else if (type == "linear" ||
               (type.empty() && (keys.has("rope.scaling.factor") || keys.has("rope.scale_linear")))) {
        scaling.type = RopeScalingType::linear;
    } else if (!type.empty() && type != "none") {
        keys.fail("rope scaling \"" + printable(type) + "\" is not supported; known are none, linear and yarn",
                  ErrorCode::unsupported);
    }
    if (scaling.type == RopeScalingType::none) {
        return;
    }
    // Files of 2023 have the factor under the second key.
    scaling.factor =
        keys.number(keys.has("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear", 1, 1e-3, 1e6);
    scaling.attn_factor = keys.number("rope.scaling.attn_factor", 1, 1e-3, 1e3);
    if (scaling.type == RopeScalingType::yarn) {
        scaling.original_max_position_embeddings =
            keys.required("rope.scaling.original_context_length", 1, max_context);
        scaling.beta_fast = keys.number("rope.scaling.yarn_beta_fast", 32, 1e-3, 1e6);
        scaling.beta_slow = keys.number("rope.scaling.yarn_beta_slow", 1, 1e-3, 1e6);
        if (keys.has("rope.scaling.yarn_log_multiplier")) {
            // On disk it is 0.1 · mscale_all_dim, and every published config has mscale equal to mscale_all_dim.
            scaling.mscale_all_dim = keys.number("rope.scaling.yarn_log_multiplier", 0, -100, 100) / 0.1;
            scaling.mscale = scaling.mscale_all_dim;
        }
        if (keys.number("rope.scaling.yarn_ext_factor", 1, -1e6, 1e6) != 1) {
            keys.fail("a YaRN extrapolation factor other than 1 is not supported", ErrorCode::unsupported);
        }
    }
}

} // namespace conclave
