#include "base/crc32c.hpp"

#include <array>
#include <cstddef>

namespace conclave
{

namespace
{

using Tables = std::array<std::array<uint32_t, 256>, 8>;

// tables[k][b]: the CRC of byte b followed by k zero bytes, so that eight bytes cost eight independent lookups.
constexpr Tables make_tables()
{
    Tables tables{};
    for (uint32_t b = 0; b < 256; ++b) {
        uint32_t crc = b;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1) ^ ((crc & 1) ? 0x82F63B78u : 0u);
        tables[0][b] = crc;
    }
    for (size_t k = 1; k < tables.size(); ++k)
        for (size_t b = 0; b < 256; ++b)
            tables[k][b] = (tables[k - 1][b] >> 8) ^ tables[0][tables[k - 1][b] & 0xFF];
    return tables;
}

constexpr Tables tables = make_tables();

} // namespace

uint32_t crc32c(std::span<const uint8_t> bytes, uint32_t previous)
{
    uint32_t crc = ~previous;
    const uint8_t* p = bytes.data();
    size_t n = bytes.size();
    for (; n >= 8; n -= 8, p += 8)
        crc = tables[7][(crc ^ p[0]) & 0xFF] ^ tables[6][((crc >> 8) ^ p[1]) & 0xFF] ^
              tables[5][((crc >> 16) ^ p[2]) & 0xFF] ^ tables[4][(crc >> 24) ^ p[3]] ^ tables[3][p[4]] ^
              tables[2][p[5]] ^ tables[1][p[6]] ^ tables[0][p[7]];
    for (; n > 0; --n, ++p)
        crc = (crc >> 8) ^ tables[0][(crc ^ *p) & 0xFF];
    return ~crc;
}

} // namespace conclave
