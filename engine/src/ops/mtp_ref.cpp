#include "ops/mtp.hpp"

#include <vector>

#include "ops/matmul.hpp"
#include "ops/rmsnorm.hpp"
#include "ops/weight_rows.hpp"

namespace conclave
{

void mtp_mix_ref(const ConclaveMtpWeights& w, const ConclaveBatch& batch, float* x)
{
    const int64_t hidden = w.hidden;
    std::vector<float> both(static_cast<size_t>(batch.n_rows * 2 * hidden));
    for (int32_t i = 0; i < batch.n_rows; ++i) {
        float* row = both.data() + i * 2 * hidden;
        decode_row_ref(w.embedding, 0, batch.token[i], row);
        rmsnorm_ref(row, w.enorm, hidden, w.rms_norm_eps, row);
        rmsnorm_ref(x + i * hidden, w.hnorm, hidden, w.rms_norm_eps, row + hidden);
    }
    matmul_ref(w.eh_proj, 0, both.data(), 2 * hidden, batch.n_rows, x, hidden);
}

} // namespace conclave
