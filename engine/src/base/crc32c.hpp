#pragma once

#include <cstdint>
#include <span>

namespace conclave
{

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78) of `bytes`; pass an earlier result to go on from it. Reaches
/// disk: every record of a trace file ends with one. About 1 GB/s without special instructions. Source: RFC 3720
/// appendix B.4.
uint32_t crc32c(std::span<const uint8_t> bytes, uint32_t previous = 0);

} // namespace conclave
