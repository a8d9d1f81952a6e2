#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace conclave
{

/// The Highway targets that are built in and that this processor can run, best first, e.g. {"AVX3_SPR", "AVX3_DL",
/// "AVX3", "AVX2", "SSE4"}. Empty in a build without Highway, where the plain loops are all there is.
std::vector<std::string> supported_kernel_targets();

/// From now on every tuned kernel of the process runs for this target; "auto" takes the best. False, and no change,
/// when `name` is none of supported_kernel_targets(). Process-wide, because the dispatch tables are: Engine::create
/// calls it once, and no kernel may be running.
bool select_kernel_target(std::string_view name);

/// The target that runs, e.g. "AVX3_SPR"; "reference" in a build without Highway.
const char* kernel_target_name();

} // namespace conclave
