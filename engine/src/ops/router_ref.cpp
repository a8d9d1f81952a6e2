#include "ops/matmul.hpp"
#include "ops/router.hpp"

namespace conclave
{

void router_logits_ref(const ConclaveMatrix& router, const float* n, float* logits)
{
    matmul_ref(router, 0, n, router.n_cols, 1, logits, router.n_rows);
}

} // namespace conclave
