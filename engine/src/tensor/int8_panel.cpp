#include <algorithm>
#include <cstring>
#include <numeric>

#include "tensor/int8_gemm.hpp"

namespace conclave
{

void pack_panel(const Activation* rows, int64_t n_rows, const Int8Panels& panel)
{
    const int64_t n = panel.n;
    if (n_rows < panel_rows) {
        std::fill_n(panel.q, n * panel_rows, int8_t{0});
        std::fill_n(panel.scale, n / 32 * panel_rows, 0.0f);
        std::fill_n(panel.sum, n / 32 * panel_rows, 0.0f);
        std::fill_n(panel.negated_sum, n / 16 * panel_rows, 0);
    }
    for (int64_t r = 0; r < n_rows; ++r) {
        const Activation& row = rows[r];
        for (int64_t i = 0; i < n; i += 4)
            std::memcpy(panel.q + i * panel_rows + 4 * r, row.q + i, 4);
        for (int64_t b = 0; b < n / 32; ++b) {
            panel.scale[b * panel_rows + r] = row.scale[b];
            panel.sum[b * panel_rows + r] = row.sum[b];
        }
        for (int64_t h = 0; h < n / 16; ++h)
            panel.negated_sum[h * panel_rows + r] = -std::accumulate(row.q + 16 * h, row.q + 16 * h + 16, 0);
    }
}

} // namespace conclave
