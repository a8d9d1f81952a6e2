#include "ops/head.hpp"

#include <vector>

#include "ops/matmul.hpp"
#include "ops/rmsnorm.hpp"

namespace conclave
{

void head_ref(const HeadCall& call, float* logits)
{
    const int64_t hidden = call.output.n_cols;
    std::vector<float> normed(static_cast<size_t>(call.n_out * hidden));
    for (int32_t i = 0; i < call.n_out; ++i)
        rmsnorm_ref(call.x + call.row_index[i] * hidden, call.norm, hidden, call.rms_norm_eps,
                    normed.data() + i * hidden);
    matmul_ref(call.output, 0, normed.data(), hidden, call.n_out, logits, call.output.n_rows);
}

} // namespace conclave
