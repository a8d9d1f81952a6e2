#include "ops/router.hpp"

#include <vector>

#include "ops/weight_rows.hpp"

namespace conclave
{

void router_logits_ref(const ConclaveMatrix& router, const float* bias, const float* n, float* logits)
{
    std::vector<float> row(static_cast<size_t>(router.n_cols));
    for (int64_t e = 0; e < router.n_rows; ++e) {
        decode_row_ref(router, 0, e, row.data());
        double sum = bias ? bias[e] : 0.0;
        for (size_t c = 0; c < row.size(); ++c)
            sum += static_cast<double>(row[c]) * n[c];
        logits[e] = static_cast<float>(sum);
    }
}

} // namespace conclave
