#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// libFuzzer's entry: with clang++ -fsanitize=fuzzer it is all that is needed; fuzz_driver.cpp calls it otherwise.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace conclave
{

/// What the driver mutates when it is given no files.
std::vector<std::vector<uint8_t>> default_corpus();

} // namespace conclave
