#include "ops/embed.hpp"

#include "ops/weight_rows.hpp"

namespace conclave
{

void embed_ref(const ConclaveMatrix& embedding, const ConclaveBatch& batch, float* x)
{
    for (int32_t i = 0; i < batch.n_rows; ++i)
        decode_row_ref(embedding, 0, batch.token[i], x + i * embedding.n_cols);
}

} // namespace conclave
