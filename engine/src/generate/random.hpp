#pragma once

#include <array>
#include <cstdint>

namespace conclave
{

/// xoshiro256** seeded by SplitMix64: the same numbers on every platform and standard library, because seeds are stored
/// and shown. Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2021).
class Random
{
public:
    explicit Random(uint64_t seed);
    uint64_t next();
    /// In [0, 1): the top 53 bits times 2^-53.
    double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

private:
    std::array<uint64_t, 4> m_state;
};

/// A seed from the system's entropy.
uint64_t fresh_seed();

} // namespace conclave
