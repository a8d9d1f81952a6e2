#pragma once

#include <filesystem>

namespace conclave
{

/// What n_physical_cores() of conclave/engine.hpp counts, from a folder laid out as /sys/devices/system/cpu and without
/// regard to affinity; 0 when the folder tells nothing. (That one counts cores this process may run on, at least 1: two
/// threads of a core share its vector units, so the second gains little.)
int count_physical_cores_in(const std::filesystem::path& folder);

} // namespace conclave
