#include "ops/backend_cuda.hpp"
#include "ops/embed.cuh"
#include "ops/norm.cuh"
#include "ops/product.cuh"

namespace conclave::cuda
{

void mtp_mix(const CudaBackend& b, const ConclaveMtpWeights& w, int64_t n_rows, float* x)
{
    const int64_t hidden = w.hidden;
    const DeviceRows raw = as_rows_of(b.work.input, hidden);
    const DeviceRows both = as_rows_of(b.work.mtp, 2 * hidden);
    DeviceRows half = both; // written as floats alone: int8 blocks are of whole rows
    half.n = hidden;
    embed(w.embedding, b.work.token, n_rows, raw.x, b.stream);
    norm_rows({raw.x, hidden, w.enorm, w.rms_norm_eps, n_rows, half, false}, b.stream);
    half.x += hidden;
    norm_rows({x, hidden, w.hnorm, w.rms_norm_eps, n_rows, half, false}, b.stream);
    if (takes_int8(w.eh_proj.dtype))
        quantize_rows(both, n_rows, b.stream);
    multiply({{.w = w.eh_proj, .in = both, .out = x, .out_stride = hidden}}, n_rows, b.stream);
}

} // namespace conclave::cuda
