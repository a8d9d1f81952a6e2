#include "ops/embed.hpp"

#include "ops/shapes.hpp"

namespace conclave
{

void embed_ref(const ConclaveMatrix& embedding, const ConclaveBatch& batch, float* x)
{
    for (int32_t i = 0; i < batch.n_rows; ++i)
        codec_of(embedding).decode_ref(row_of(embedding, 0, batch.token[i]), embedding.n_cols,
                                       x + i * embedding.n_cols);
}

} // namespace conclave
