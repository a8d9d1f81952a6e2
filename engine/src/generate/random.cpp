#include "generate/random.hpp"

#include <bit>
#include <random>

namespace conclave
{

Random::Random(uint64_t seed)
{
    for (uint64_t& word : m_state) { // SplitMix64
        seed += 0x9e3779b97f4a7c15;
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        word = z ^ (z >> 31);
    }
}

uint64_t Random::next()
{
    const uint64_t result = std::rotl(m_state[1] * 5, 7) * 9;
    const uint64_t t = m_state[1] << 17;
    m_state[2] ^= m_state[0];
    m_state[3] ^= m_state[1];
    m_state[1] ^= m_state[2];
    m_state[0] ^= m_state[3];
    m_state[2] ^= t;
    m_state[3] = std::rotl(m_state[3], 45);
    return result;
}

uint64_t fresh_seed()
{
    std::random_device device;
    return static_cast<uint64_t>(device()) << 32 | device();
}

} // namespace conclave
