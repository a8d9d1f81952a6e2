#include "base/hash64.hpp"

#include <bit>
#include <cstddef>

#include "base/load_le.hpp"

namespace conclave
{

namespace
{

constexpr uint64_t prime1 = 0x9E3779B185EBCA87u;
constexpr uint64_t prime2 = 0xC2B2AE3D27D4EB4Fu;
constexpr uint64_t prime3 = 0x165667B19E3779F9u;
constexpr uint64_t prime4 = 0x85EBCA77C2B2AE63u;
constexpr uint64_t prime5 = 0x27D4EB2F165667C5u;

uint64_t round(uint64_t accumulator, uint64_t lane)
{
    return std::rotl(accumulator + lane * prime2, 31) * prime1;
}

uint64_t merge(uint64_t hash, uint64_t accumulator)
{
    return (hash ^ round(0, accumulator)) * prime1 + prime4;
}

} // namespace

uint64_t hash64(std::span<const uint8_t> bytes, uint64_t seed)
{
    const uint8_t* p = bytes.data();
    size_t n = bytes.size();
    uint64_t hash = seed + prime5;
    if (n >= 32) {
        uint64_t a = seed + prime1 + prime2, b = seed + prime2, c = seed, d = seed - prime1;
        for (; n >= 32; n -= 32, p += 32) {
            a = round(a, load_le<uint64_t>(p));
            b = round(b, load_le<uint64_t>(p + 8));
            c = round(c, load_le<uint64_t>(p + 16));
            d = round(d, load_le<uint64_t>(p + 24));
        }
        hash = std::rotl(a, 1) + std::rotl(b, 7) + std::rotl(c, 12) + std::rotl(d, 18);
        hash = merge(merge(merge(merge(hash, a), b), c), d);
    }
    hash += bytes.size();
    for (; n >= 8; n -= 8, p += 8)
        hash = std::rotl(hash ^ round(0, load_le<uint64_t>(p)), 27) * prime1 + prime4;
    if (n >= 4) {
        hash = std::rotl(hash ^ (load_le<uint32_t>(p) * prime1), 23) * prime2 + prime3;
        n -= 4;
        p += 4;
    }
    for (; n > 0; --n, ++p)
        hash = std::rotl(hash ^ (*p * prime5), 11) * prime1;
    hash = (hash ^ (hash >> 33)) * prime2;
    hash = (hash ^ (hash >> 29)) * prime3;
    return hash ^ (hash >> 32);
}

} // namespace conclave
