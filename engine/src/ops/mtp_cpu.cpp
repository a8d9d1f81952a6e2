#include "ops/mtp.hpp"
#include "ops/product.hpp"
#include "ops/rmsnorm.hpp"
#include "ops/shapes.hpp"
#include "ops/weight_rows.hpp"

namespace conclave
{

MtpScratch MtpScratch::take(Scratch& scratch, int64_t n_rows, int64_t hidden)
{
    return {ActivationRows::take(scratch, n_rows, 2 * hidden),
            PanelMemory::take(scratch, panels_of(n_rows), 2 * hidden)};
}

ConclaveStatus mtp_mix_cpu(CpuBackend& backend, const ConclaveMtpWeights& w, const ConclaveBatch& batch, float* x,
                           ConclaveMessage* message)
{
    Scratch memory = backend.scratch();
    const MtpScratch scratch = MtpScratch::take(memory, batch.n_rows, w.hidden);
    if (!memory.fits())
        return too_large("multi-token prediction", message);
    const int64_t hidden = w.hidden;
    const bool quantize = codec_of(w.eh_proj).takes_int8;
    backend.pool->for_ranges(batch.n_rows, 1, [&](int64_t begin, int64_t end, int) {
        for (int64_t i = begin; i < end; ++i) {
            float* row = scratch.input.row(i);
            decode_row(w.embedding, 0, batch.token[i], row);
            rmsnorm(row, w.enorm, hidden, w.rms_norm_eps, row);
            rmsnorm(x + i * hidden, w.hnorm, hidden, w.rms_norm_eps, row + hidden);
            if (quantize)
                scratch.input.quantize(i, 0, 2 * hidden);
        }
    });
    const Product product[] = {{&w.eh_proj, x, hidden, false}};
    multiply(*backend.pool, {scratch.input, batch.n_rows, scratch.panels}, product);
    return conclave_ok;
}

} // namespace conclave
