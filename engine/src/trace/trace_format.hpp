#pragma once

#include <cstddef>
#include <cstdint>

namespace conclave
{

// The *.ctr file, all little-endian: records of
//   type u16, version u16, size u32, payload [size], crc32c u32 over all before it in the record.
// The header comes first, so a file begins with the bytes "CT". Records of unknown type are skipped; payloads may grow
// at their end without a new version. These values reach disk: do not change or reuse them.
enum class TraceRecord : uint16_t {
    header = 0x5443,
    prompt = 2,
    tokens = 3, ///< up to 256, with the counts of their routes
    telemetry = 4,
    end = 5,
};

constexpr uint16_t trace_version = 1;
constexpr size_t trace_record_head = 8;
constexpr size_t trace_record_tail = 4;
constexpr size_t trace_chunk_tokens = 256;

} // namespace conclave
