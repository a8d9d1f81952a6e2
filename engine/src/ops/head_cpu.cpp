#include <algorithm>

#include "ops/head.hpp"
#include "ops/product.hpp"
#include "ops/rmsnorm.hpp"
#include "ops/shapes.hpp"

namespace conclave
{

void head_cpu(ThreadPool& pool, const HeadCall& call, const ActivationRows& scratch, const PanelMemory& panels,
              int64_t max_rows, float* logits)
{
    const int64_t hidden = call.output.n_cols;
    const bool quantize = codec_of(call.output).takes_int8;
    for (int64_t first = 0; first < call.n_out; first += max_rows) {
        const int64_t n = std::min<int64_t>(max_rows, call.n_out - first);
        pool.for_ranges(n, 1, [&](int64_t begin, int64_t end, int) {
            for (int64_t i = begin; i < end; ++i) {
                rmsnorm(call.x + call.row_index[first + i] * hidden, call.norm, hidden, call.rms_norm_eps,
                        scratch.row(i));
                if (quantize)
                    scratch.quantize(i, 0, hidden);
            }
        });
        const Product product[] = {{&call.output, logits + first * call.output.n_rows, call.output.n_rows, false}};
        multiply(pool, {scratch, n, panels}, product);
    }
}

} // namespace conclave
