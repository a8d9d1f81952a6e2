#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace conclave
{

/// From now on a crash, an abort, a sanitizer's finding, or an input that runs for a minute leaves the input that was
/// being run in fuzz-failure-PROGRAM-*.bin in the current folder, says so on stderr, and ends the program.
void keep_inputs_of_crashes(const std::string& program);

/// `input` is being run, until the next call; it must live as long. `what` and `which` name it: "run", 17.
void watch_input(std::span<const uint8_t> input, const char* what, uint64_t which);

/// Writes the input that is being run.
void keep_input();

} // namespace conclave
