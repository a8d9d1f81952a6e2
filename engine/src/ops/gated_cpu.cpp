#include "ops/gated.hpp"

#include <algorithm>

#include "ops/product.hpp"
#include "ops/shapes.hpp"
#include "ops/vector_math.hpp"

namespace conclave
{

namespace
{

// One block of int8 activations: the thread that computes it also quantises it.
constexpr int64_t inner_tile = 32;
constexpr int64_t max_down_tile = 64;
// Below this many bytes of weights a loop stays on its caller.
constexpr int64_t small_work = 32 * 1024;

int64_t n_inner_tiles(const GatedJob& job)
{
    return (job.gate->n_rows + inner_tile - 1) / inner_tile;
}

void inner_block(const GatedJob& job, const ActivationRows& input, int64_t begin, int64_t end)
{
    const bool quantize = codec_of(*job.down).takes_int8;
    alignas(64) float up[inner_tile];
    for (int64_t p = 0; p < job.n_pairs; ++p) {
        const Activation n = input.activation(job.rows ? job.rows[p] : p);
        float* out = job.inner.row(job.first + p) + begin;
        codec_of(*job.gate).dot_rows(row_of(*job.gate, job.index, begin), job.gate->row_bytes, end - begin,
                                     job.gate->n_cols, n, out);
        codec_of(*job.up).dot_rows(row_of(*job.up, job.index, begin), job.up->row_bytes, end - begin, job.up->n_cols, n,
                                   up);
        silu_multiply(out, up, end - begin, out);
        if (quantize)
            job.inner.quantize(job.first + p, begin, end);
    }
}

void down_block(const GatedCall& call, int64_t begin, int64_t end)
{
    const int64_t hidden = call.input->n;
    for (int64_t i = 0; i < call.n_rows; ++i)
        std::fill(call.out + i * hidden + begin, call.out + i * hidden + end, 0.0f);
    alignas(64) float sums[max_down_tile];
    for (const GatedJob& job : call.jobs)
        for (int64_t p = 0; p < job.n_pairs; ++p) {
            const int64_t row = job.rows ? job.rows[p] : p;
            codec_of(*job.down).dot_rows(row_of(*job.down, job.index, begin), job.down->row_bytes, end - begin,
                                         job.down->n_cols, job.inner.activation(job.first + p), sums);
            add_scaled(job.weights ? job.weights[p] : 1.0f, sums, end - begin, call.out + row * hidden + begin);
        }
    if (call.x)
        for (int64_t i = 0; i < call.n_rows; ++i)
            add_scaled(1.0f, call.out + i * hidden + begin, end - begin, call.x + i * hidden + begin);
}

} // namespace

void run_gated(ThreadPool& pool, const GatedCall& call)
{
    int64_t n_tiles = 0;
    int64_t gate_work = 0;
    int64_t down_work = 0;
    int64_t down_row_bytes = 0;
    for (const GatedJob& job : call.jobs) {
        n_tiles += n_inner_tiles(job);
        gate_work += (job.gate->row_bytes + job.up->row_bytes) * job.gate->n_rows * job.n_pairs;
        down_work += job.down->row_bytes * job.down->n_rows * job.n_pairs;
        down_row_bytes += job.down->row_bytes;
    }
    pool.for_ranges(n_tiles, gate_work <= small_work ? n_tiles : 1, [&](int64_t first, int64_t last, int) {
        int64_t before = 0; // tiles of earlier jobs
        for (const GatedJob& job : call.jobs) {
            const int64_t here = n_inner_tiles(job);
            for (int64_t t = std::max(first, before); t < std::min(last, before + here); ++t) {
                const int64_t begin = (t - before) * inner_tile;
                inner_block(job, *call.input, begin, std::min(begin + inner_tile, job.gate->n_rows));
            }
            before += here;
        }
    });

    const int64_t hidden = call.input->n;
    const int64_t tile = tile_rows(down_row_bytes, call.n_rows, max_down_tile);
    pool.for_ranges(hidden, down_work <= small_work ? hidden : tile, [&](int64_t first, int64_t last, int) {
        for (int64_t begin = first; begin < last; begin += tile)
            down_block(call, begin, std::min(begin + tile, last));
    });
}

} // namespace conclave
