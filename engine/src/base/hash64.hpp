#pragma once

#include <cstdint>
#include <span>

namespace conclave
{

/// XXH64 of `bytes`: a fast fingerprint for files and tables, no defence against a forger. Reaches disk in trace
/// headers. Source: xxHash fast digest algorithm, version 0.1.1, section "XXH64".
uint64_t hash64(std::span<const uint8_t> bytes, uint64_t seed = 0);

} // namespace conclave
