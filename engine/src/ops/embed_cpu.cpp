#include "ops/embed.hpp"

#include "ops/weight_rows.hpp"

namespace conclave
{

void embed_cpu(ThreadPool& pool, const ConclaveMatrix& embedding, const ConclaveBatch& batch, float* x)
{
    constexpr int64_t grain = 16; // rows; decoding one takes about a microsecond
    pool.for_ranges(batch.n_rows, grain, [&](int64_t begin, int64_t end, int) {
        for (int64_t i = begin; i < end; ++i)
            decode_row(embedding, 0, batch.token[i], x + i * embedding.n_cols);
    });
}

} // namespace conclave
