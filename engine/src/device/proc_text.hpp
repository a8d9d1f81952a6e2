#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "device/cpu_counters.hpp"

/// The text formats of /proc, apart from reading it, so that they are tested on any machine. Source: proc(5).
namespace conclave
{

/// "MemAvailable:   123 kB" in bytes; `key` without the colon.
std::optional<uint64_t> proc_kilobytes(std::string_view text, std::string_view key);

/// Busy and total seconds of the first line of /proc/stat. Time waiting for a disk counts as idle, as top shows it.
void parse_proc_stat(std::string_view text, double ticks_per_second, CpuTimes& times);

/// Processor seconds and major faults of /proc/self/stat. The program's name stands in parentheses and may hold any
/// character, so fields are counted from the last one.
void parse_proc_self_stat(std::string_view text, double ticks_per_second, CpuTimes& times);

} // namespace conclave
