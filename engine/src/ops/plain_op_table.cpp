// Built instead of the tuned backend where Highway is not packaged.

#include "ops/gemm.hpp"
#include "ops/op_table.hpp"
#include "ops/rmsnorm.hpp"
#include "ops/vector_math.hpp"

const ConclaveOpTable* conclave_cpu_ops()
{
    return conclave_reference_ops();
}

// The self-test compares these by name, whatever answers to it.
namespace conclave
{

void gemm_nt(const Gemm& g)
{
    gemm_nt_ref(g);
}
void gemm_nn(const Gemm& g, bool accumulate)
{
    gemm_nn_ref(g, accumulate);
}
void rmsnorm(const float* x, const float* w, int64_t n, float eps, float* out)
{
    rmsnorm_ref(x, w, n, eps, out);
}
void silu_multiply(const float* gate, const float* up, int64_t n, float* out)
{
    silu_multiply_ref(gate, up, n, out);
}
void clamped_multiply(const ClampedGate& shape, const float* gate, const float* up, int64_t n, float* out)
{
    clamped_multiply_ref(shape, gate, up, n, out);
}
void add_scaled(float scale, const float* x, int64_t n, float* out)
{
    add_scaled_ref(scale, x, n, out);
}
void scale_by(float factor, int64_t n, float* x)
{
    scale_by_ref(factor, n, x);
}
float softmax_piece(float scale, int64_t n, float* scores, OnlineSoftmax& state)
{
    return softmax_piece_ref(scale, n, scores, state);
}

} // namespace conclave
