#include <algorithm>

#include "tensor/block_layout.hpp"
#include "tensor/half.hpp"
#include "tensor/unpacked.hpp"

namespace conclave
{

/// Bytes are fractions of 256 in base 3, most significant digit first.
void unpack_tq1_0(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    uint8_t* q = out.q;
    for (int64_t b = 0; b < n / tq1_0::n; ++b, row += tq1_0::n_bytes) {
        std::fill_n(out.d + 8 * b, 8, load_half(row + tq1_0::d));
        // Runs of bytes, each with the digits of that many elements after one another.
        struct Run {
            int begin, n_bytes, n_digits;
        };
        for (const Run run : {Run{tq1_0::qs, 32, 5}, Run{tq1_0::qs + 32, 16, 5}, Run{tq1_0::qh, 4, 4}}) {
            uint8_t power = 1;
            for (int digit = 0; digit < run.n_digits; ++digit, power = static_cast<uint8_t>(3 * power))
                for (int i = 0; i < run.n_bytes; ++i) {
                    const auto rest = static_cast<uint8_t>(row[run.begin + i] * power);
                    *q++ = static_cast<uint8_t>((rest * 3 >> 8) + (1 << unpacked_offset_bits) - 1);
                }
        }
    }
}

} // namespace conclave
