#include "model/arch/rope_keys.hpp"

#include <cmath>
#include <string>

#include "formats/printable.hpp"
#include "model/rope.hpp"

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
    } else if (type == "llama3") {
        scaling.type = RopeScalingType::llama3; // of a config.json; GGUF has the finished divisors as a tensor
    } else if (!type.empty() && type != "none") {
        keys.fail("rope scaling \"" + printable(type) + "\" is not supported; known are none, linear, yarn and llama3",
                  ErrorCode::unsupported);
    }
    if (scaling.type == RopeScalingType::none) {
        return;
    }
    // Files of 2023 have the factor under the second key.
    scaling.factor =
        keys.number(keys.has("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear", 1, 1e-3, 1e6);
    scaling.attn_factor = keys.number("rope.scaling.attn_factor", 1, 1e-3, 1e3);
    if (scaling.type == RopeScalingType::llama3) {
        scaling.original_max_position_embeddings =
            keys.required("rope.scaling.original_context_length", 1, max_context);
        scaling.low_freq_factor = keys.number("rope.scaling.low_freq_factor", 1, 1e-3, 1e6);
        scaling.high_freq_factor = keys.number("rope.scaling.high_freq_factor", 4, 1e-3, 1e6);
        if (scaling.high_freq_factor <= scaling.low_freq_factor) {
            keys.fail("rope scaling has a high_freq_factor that is not above its low_freq_factor; "
                      "download the model again");
        }
    }
    if (scaling.type == RopeScalingType::yarn) {
        scaling.original_max_position_embeddings =
            keys.required("rope.scaling.original_context_length", 1, max_context);
        scaling.beta_fast = keys.number("rope.scaling.yarn_beta_fast", 32, 1e-3, 1e6);
        scaling.beta_slow = keys.number("rope.scaling.yarn_beta_slow", 1, 1e-3, 1e6);
        scaling.truncate = keys.flag("rope.scaling.truncate", scaling.truncate);
        if (keys.has("rope.scaling.yarn_log_multiplier")) {
            // On disk it is 0.1 · mscale_all_dim, and every published config has mscale equal to mscale_all_dim.
            // It is a float32 there, so that rounding to six digits gives the published decimal back.
            scaling.mscale_all_dim =
                std::round(keys.number("rope.scaling.yarn_log_multiplier", 0, -100, 100) * 1e7) / 1e6;
            scaling.mscale = scaling.mscale_all_dim;
        }
        if (keys.has("rope.scaling.mscale_all_dim")) { // of a config.json
            scaling.mscale_all_dim = keys.number("rope.scaling.mscale_all_dim", 0, -100, 100);
            scaling.mscale = keys.number("rope.scaling.mscale", 1, -100, 100);
        }
        if (keys.has("rope.scaling.attention_factor")) { // of a config.json: all of the magnitude
            scaling.attn_factor = keys.number("rope.scaling.attention_factor", 1, 1e-3, 1e3) / rope_magnitude(scaling);
        }
        if (keys.number("rope.scaling.yarn_ext_factor", 1, -1e6, 1e6) != 1) {
            keys.fail("a YaRN extrapolation factor other than 1 is not supported", ErrorCode::unsupported);
        }
    }
}

} // namespace conclave
