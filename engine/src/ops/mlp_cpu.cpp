#include <algorithm>

#include "ops/gated.hpp"
#include "ops/mlp.hpp"
#include "ops/product.hpp"

namespace conclave
{

MlpScratch MlpScratch::take(Scratch& scratch, int64_t n_rows, int64_t hidden, int64_t width)
{
    return {ActivationRows::take(scratch, n_rows, hidden), ActivationRows::take(scratch, n_rows, width),
            scratch.take<float>(n_rows * hidden),
            PanelMemory::take(scratch, panels_of(n_rows), std::max(hidden, width))};
}

ConclaveStatus mlp_cpu(CpuBackend& backend, const ConclaveMlpWeights& w, int32_t n_rows, float* x,
                       ConclaveMessage* message)
{
    Scratch memory = backend.scratch();
    const MlpScratch scratch = MlpScratch::take(memory, n_rows, w.hidden, w.gate.n_rows);
    if (!memory.fits())
        return too_large("a dense MLP", message);
    const ConclaveMatrix* const readers[] = {&w.gate, &w.up};
    normalize_rows(*backend.pool, x, w.hidden, w.norm, w.rms_norm_eps, n_rows, takes_int8(readers), scratch.input);
    const GatedJob job = {&w.gate, &w.up, &w.down, 0, n_rows, nullptr, nullptr, scratch.inner, 0, 0};
    run_gated(*backend.pool, {{&job, 1}, &scratch.input, n_rows, scratch.out, x, scratch.panels});
    return conclave_ok;
}

} // namespace conclave
