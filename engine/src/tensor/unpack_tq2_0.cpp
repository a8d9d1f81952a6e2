#include <algorithm>

#include "tensor/block_layout.hpp"
#include "tensor/half.hpp"
#include "tensor/unpacked.hpp"

namespace conclave
{

void unpack_tq2_0(const uint8_t* row, int64_t n, const UnpackedRow& out)
{
    for (int64_t b = 0; b < n / tq2_0::n; ++b, row += tq2_0::n_bytes) {
        std::fill_n(out.d + 8 * b, 8, load_half(row + tq2_0::d));
        for (int i = 0; i < tq2_0::n; ++i) {
            const int digit = row[tq2_0::qs + i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2) & 3;
            out.q[tq2_0::n * b + i] = static_cast<uint8_t>(digit + (1 << unpacked_offset_bits) - 1);
        }
    }
}

} // namespace conclave
