#include "ops/batch_rows.hpp"

#include <algorithm>

#include "ops/shapes.hpp"

namespace conclave
{

void sort_rows(const ConclaveBatch& batch, int32_t* order)
{
    const int32_t n = batch.n_rows;
    const int32_t* sequence = batch.sequence;
    int32_t filled = 0;
    for (int32_t i = 0; i < n && filled < n; ++i) {
        if (std::find(sequence, sequence + i, sequence[i]) != sequence + i)
            continue;
        for (int32_t j = i; j < n; ++j)
            if (sequence[j] == sequence[i])
                order[filled++] = j;
    }
}

int32_t end_of_sequence(const ConclaveBatch& batch, const int32_t* order, int32_t n, int32_t begin)
{
    int32_t end = begin + 1;
    while (end < n && batch.sequence[order[end]] == batch.sequence[order[begin]])
        ++end;
    return end;
}

} // namespace conclave
