#include "ops/gated.hpp"

#include <algorithm>

#include "ops/product.hpp"
#include "ops/shapes.hpp"
#include "ops/vector_math.hpp"
#include "ops/weight_rows.hpp"

namespace conclave
{

namespace
{

// One block of int8 activations: the thread that computes it also quantises it.
constexpr int64_t inner_tile = 32;
// Rows of weights that one activation meets in a run, and with how many activations a block of them is unpacked.
constexpr int64_t max_run = 512;
constexpr int64_t max_pairs = 8 * panel_rows;
constexpr int64_t max_down_tile = 64;
// Below this many bytes of weights a loop stays on its caller.
constexpr int64_t small_work = 32 * 1024;

int64_t n_inner_tiles(const GatedJob& job)
{
    return (job.gate->n_rows + inner_tile - 1) / inner_tile;
}

bool uses_panels(const GatedJob& job, const ConclaveMatrix& matrix)
{
    return job.n_pairs >= min_panel_rows && codec_of(matrix).unpack;
}

int64_t row_of_pair(const GatedJob& job, int64_t pair)
{
    return job.rows ? job.rows[pair] : pair;
}

/// Calls f(job, begin, end) for the parts of [first, last) that belong to each job, which has count(job) of them.
template <class Count, class F>
void for_each_job(std::span<const GatedJob> jobs, int64_t first, int64_t last, Count count, F f)
{
    int64_t before = 0; // of earlier jobs
    for (const GatedJob& job : jobs) {
        const int64_t here = count(job);
        const int64_t begin = std::max(first, before), end = std::min(last, before + here);
        if (begin < end)
            f(job, begin - before, end - before);
        before += here;
    }
}

template <class Count>
int64_t total(std::span<const GatedJob> jobs, Count count)
{
    int64_t n = 0;
    for (const GatedJob& job : jobs)
        n += count(job);
    return n;
}

/// out [end − begin] of each of `n_pairs` pairs from `pair` on, out_stride apart: rows [begin, end) of the matrix.
void multiply_pairs(const GatedCall& call, const GatedJob& job, const ConclaveMatrix& matrix, int64_t begin,
                    int64_t end, int64_t pair, int64_t n_pairs, float* out, int64_t out_stride)
{
    int8_gemm({codec_of(matrix), row_of(matrix, job.index, begin), matrix.row_bytes, end - begin},
              call.memory.panels(job.first_panel, matrix.n_cols).from(pair / panel_rows), n_pairs, out, out_stride);
}

/// gate [n] becomes the gated rows from `begin` on; up [n] may change.
void gate_rows(const GatedExtras& extras, int64_t begin, int64_t n, float* gate, float* up)
{
    if (extras.gate_bias)
        add_scaled(1.0f, extras.gate_bias + begin, n, gate);
    if (extras.up_bias)
        add_scaled(1.0f, extras.up_bias + begin, n, up);
    if (extras.activation == conclave_activation_clamped)
        clamped_multiply(extras.clamped, gate, up, n, gate);
    else
        silu_multiply(gate, up, n, gate);
}

/// The gated rows [begin, end) of `n` pairs from `pair` on; up [n][end − begin].
void finish_inner(const GatedJob& job, int64_t begin, int64_t end, int64_t pair, int64_t n, float* up)
{
    const bool quantize = codec_of(*job.down).takes_int8;
    for (int64_t p = 0; p < n; ++p) {
        float* gate = job.inner.row(job.first + pair + p) + begin;
        gate_rows(job.extras, begin, end - begin, gate, up + p * (end - begin));
        if (quantize)
            job.inner.quantize(job.first + pair + p, begin, end);
    }
}

void inner_block(const GatedCall& call, const GatedJob& job, int64_t begin, int64_t end)
{
    const ConclaveMatrix& gate = *job.gate;
    const ConclaveMatrix& upper = *job.up;
    if (uses_panels(job, gate) && uses_panels(job, upper)) {
        alignas(64) float up[max_pairs * inner_tile];
        for (int64_t pair = 0; pair < job.n_pairs; pair += max_pairs) {
            const int64_t n = std::min(max_pairs, job.n_pairs - pair);
            multiply_pairs(call, job, gate, begin, end, pair, n, job.inner.row(job.first + pair) + begin, job.inner.n);
            multiply_pairs(call, job, upper, begin, end, pair, n, up, end - begin);
            finish_inner(job, begin, end, pair, n, up);
        }
        return;
    }
    alignas(64) float up[max_run];
    for (int64_t pair = 0; pair < job.n_pairs; ++pair) {
        const Activation n = call.input->activation(row_of_pair(job, pair));
        dot_rows(gate, job.index, begin, end - begin, n, job.inner.row(job.first + pair) + begin);
        dot_rows(upper, job.index, begin, end - begin, n, up);
        finish_inner(job, begin, end, pair, 1, up);
    }
}

void add_pair(const GatedCall& call, const GatedJob& job, int64_t pair, int64_t begin, int64_t end, const float* sums)
{
    const float weight = job.weights ? job.weights[pair] : 1.0f;
    float* out = call.out + row_of_pair(job, pair) * call.input->n + begin;
    add_scaled(weight, sums, end - begin, out);
    if (job.extras.down_bias)
        add_scaled(weight, job.extras.down_bias + begin, end - begin, out);
}

void down_block(const GatedCall& call, int64_t begin, int64_t end)
{
    const int64_t hidden = call.input->n;
    for (int64_t i = 0; i < call.n_rows; ++i)
        std::fill(call.out + i * hidden + begin, call.out + i * hidden + end, 0.0f);
    alignas(64) float sums[std::max(max_run, max_pairs * max_down_tile)];
    for (const GatedJob& job : call.jobs) {
        const ConclaveMatrix& down = *job.down;
        const bool panels = uses_panels(job, down);
        for (int64_t pair = 0; pair < job.n_pairs;) {
            const int64_t n = panels ? std::min(max_pairs, job.n_pairs - pair) : 1;
            if (panels)
                multiply_pairs(call, job, down, begin, end, pair, n, sums, end - begin);
            else
                dot_rows(down, job.index, begin, end - begin, job.inner.activation(job.first + pair), sums);
            for (int64_t p = 0; p < n; ++p)
                add_pair(call, job, pair + p, begin, end, sums + p * (end - begin));
            pair += n;
        }
    }
    if (call.x)
        for (int64_t i = 0; i < call.n_rows; ++i)
            add_scaled(1.0f, call.out + i * hidden + begin, end - begin, call.x + i * hidden + begin);
}

/// Regroups rows row_of(job, pair) of rows_of(job) for each job that uses(job) panels.
template <class Uses, class RowsOf, class RowOf>
void pack_jobs(ThreadPool& pool, const GatedCall& call, Uses uses, RowsOf rows_of, RowOf row_of)
{
    const auto count = [&](const GatedJob& job) { return uses(job) ? panels_of(job.n_pairs) : 0; };
    pool.for_ranges(total(call.jobs, count), 1, [&](int64_t first, int64_t last, int) {
        for_each_job(call.jobs, first, last, count, [&](const GatedJob& job, int64_t begin, int64_t end) {
            const ActivationRows& rows = rows_of(job);
            for (int64_t p = begin; p < end; ++p)
                pack_rows(rows, job.n_pairs, p, call.memory.panels(job.first_panel, rows.n),
                          [&](int64_t pair) { return row_of(job, pair); });
        });
    });
}

} // namespace

void run_gated(ThreadPool& pool, const GatedCall& call)
{
    int64_t gate_work = 0;
    int64_t down_work = 0;
    int64_t down_row_bytes = 0;
    for (const GatedJob& job : call.jobs) {
        gate_work += (job.gate->row_bytes + job.up->row_bytes) * job.gate->n_rows * job.n_pairs;
        down_work += job.down->row_bytes * job.down->n_rows * job.n_pairs;
        down_row_bytes += job.down->row_bytes;
    }
    pack_jobs(
        pool, call, [](const GatedJob& job) { return uses_panels(job, *job.gate) && uses_panels(job, *job.up); },
        [&](const GatedJob&) -> const ActivationRows& { return *call.input; }, row_of_pair);
    const int64_t n_tiles = total(call.jobs, n_inner_tiles);
    pool.for_ranges(n_tiles, gate_work <= small_work ? n_tiles : 1, [&](int64_t first, int64_t last, int) {
        for_each_job(call.jobs, first, last, n_inner_tiles, [&](const GatedJob& job, int64_t begin, int64_t end) {
            const int64_t step = job.n_pairs == 1 ? max_run : inner_tile;
            const int64_t last_row = std::min(end * inner_tile, job.gate->n_rows);
            for (int64_t row = begin * inner_tile; row < last_row && !pool.interrupted(); row += step)
                inner_block(call, job, row, std::min(row + step, last_row));
        });
    });

    pack_jobs(
        pool, call, [](const GatedJob& job) { return uses_panels(job, *job.down); },
        [](const GatedJob& job) -> const ActivationRows& { return job.inner; },
        [](const GatedJob& job, int64_t pair) { return job.first + pair; });
    const int64_t hidden = call.input->n;
    const bool panels = std::ranges::any_of(call.jobs, [](const GatedJob& job) { return uses_panels(job, *job.down); });
    const int64_t tile = panels ? max_down_tile : tile_rows(down_row_bytes, call.n_rows, max_down_tile);
    const int64_t run = call.n_rows == 1 ? max_run : tile;
    pool.for_ranges(hidden, down_work <= small_work ? hidden : tile, [&](int64_t first, int64_t last, int) {
        for (int64_t begin = first; begin < last && !pool.interrupted(); begin += run)
            down_block(call, begin, std::min(begin + run, last));
    });
}

} // namespace conclave
