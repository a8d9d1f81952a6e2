#include "ops/backend_cpu.hpp"

#include <algorithm>

#include "ops/rope.hpp"
#include "ops/shapes.hpp"

namespace conclave
{

RopeMemo RopeMemo::take(Scratch& scratch, int32_t max_rows, int32_t max_dims)
{
    const int64_t angles = static_cast<int64_t>(max_rows) * (max_dims / 2);
    RopeMemo memo;
    memo.position = scratch.take<int32_t>(max_rows);
    memo.frequency = scratch.take<float>(max_dims / 2);
    memo.cos = scratch.take<float>(angles);
    memo.sin = scratch.take<float>(angles);
    memo.max_rows = max_rows;
    memo.max_dims = max_dims;
    return memo;
}

bool RopeMemo::update(const ConclaveRope& rope, const ConclaveBatch& batch)
{
    if (batch.n_rows > max_rows || rope.n_dims > max_dims)
        return false;
    const int32_t half = rope.n_dims / 2;
    if (n_rows == batch.n_rows && n_dims == rope.n_dims && magnitude == rope.magnitude &&
        std::equal(position, position + n_rows, batch.position) &&
        std::equal(frequency, frequency + half, rope.inverse_frequency))
        return true;
    n_rows = batch.n_rows;
    n_dims = rope.n_dims;
    magnitude = rope.magnitude;
    std::copy_n(batch.position, n_rows, position);
    std::copy_n(rope.inverse_frequency, half, frequency);
    for (int32_t i = 0; i < n_rows; ++i)
        rope_table(rope, position[i], cos + static_cast<int64_t>(i) * half, sin + static_cast<int64_t>(i) * half);
    return true;
}

ConclaveStatus too_large(const char* op, ConclaveMessage* message)
{
    return fail(conclave_invalid, message, "The shapes of %s exceed what the backend was prepared for.", op);
}

} // namespace conclave
