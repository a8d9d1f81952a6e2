#include "ops/attention_mla.hpp"

#include <gtest/gtest.h>

#include "op_backend.hpp"
#include "ops/cached_rows.hpp"

namespace conclave
{

namespace
{

using Floats = std::vector<float>;

// Between one row and many: sums are taken in another order, and now and then an int8 step falls the other way.
constexpr double rounding = 1e-5;

constexpr int32_t page_rows = 40;

/// Runs the rows of `batch` (sequence, position) through one call and returns what it adds. x [rows of the batch,
/// hidden].
Floats attend(OpBackend& backend, const SampleMla& layer, SampleCaches& caches, const SampleBatch& rows,
              const Floats& x, ConclaveMlaMode mode)
{
    const ConclaveMlaWeights w = layer.view();
    const ConclaveBatch batch = rows.view();
    Floats after = x;
    EXPECT_EQ(
        backend->attention_mla(backend.get(), &w, &batch, caches.views.data(), mode, after.data(), backend.message()),
        conclave_ok)
        << backend.text();
    return difference(after, x);
}

SampleCaches caches_for(const SampleMla& layer, int32_t n_sequences)
{
    return SampleCaches(n_sequences, 200, page_rows, layer.shape.kv_lora_rank + layer.shape.rope);
}

/// Positions [begin, end) of sequence 0.
SampleBatch run_of(int32_t begin, int32_t end)
{
    SampleBatch rows;
    for (int32_t p = begin; p < end; ++p)
        rows.add(0, p);
    return rows;
}

Floats slice(const Floats& x, int32_t hidden, int32_t begin, int32_t end)
{
    return Floats(x.begin() + begin * hidden, x.begin() + end * hidden);
}

struct Case {
    DType dtype;
    MlaShape shape;
};

std::vector<Case> cases()
{
    return {
        {DType::F32, {.hidden = 65, .n_head = 3, .nope = 7, .rope = 2, .v_head_dim = 5, .kv_lora_rank = 9}},
        {DType::F32,
         {.hidden = 192, .n_head = 4, .nope = 32, .rope = 16, .v_head_dim = 48, .kv_lora_rank = 64, .q_lora_rank = 96}},
        {DType::F32,
         {.hidden = 64,
          .n_head = 1,
          .nope = 16,
          .rope = 8,
          .v_head_dim = 16,
          .kv_lora_rank = 32,
          .interleaved = false}},
        {DType::Q8_0, {.hidden = 256, .n_head = 4, .nope = 32, .rope = 16, .v_head_dim = 32, .kv_lora_rank = 96}},
        {DType::Q4_K, {.hidden = 256, .n_head = 2, .nope = 256, .rope = 64, .v_head_dim = 128, .kv_lora_rank = 256}},
    };
}

constexpr int32_t n_earlier = 6;

/// Runs the rows of `batch` at once, and the rows of each of its sequences alone with `mode` and, for `auto`, with the
/// form that this many rows take: all to the same bits. Every sequence has n_earlier positions before.
void expect_equal_alone(const ConclaveOpTable* table, const Case& c, const SampleBatch& batch, int32_t n_sequences,
                        ConclaveMlaMode mode)
{
    SampleNumbers numbers(5);
    const SampleMla layer(numbers, c.dtype, c.shape);
    OpBackend wide(table, 2, 256), backend(table, 2);
    const int32_t hidden = c.shape.hidden;
    const Floats earlier = numbers.floats(n_earlier * hidden, 1);
    const Floats x = numbers.floats(static_cast<int64_t>(batch.position.size()) * hidden, 1);
    SampleCaches together = caches_for(layer, n_sequences);
    for (int32_t s = 0; s < n_sequences; ++s) {
        SampleBatch rows;
        for (int32_t p = 0; p < n_earlier; ++p)
            rows.add(s, p);
        attend(wide, layer, together, rows, earlier, conclave_mla_absorbed);
    }
    const Floats all = attend(wide, layer, together, batch, x, mode);
    for (int32_t s = 0; s < n_sequences; ++s) {
        SampleBatch rows;
        Floats own, expected;
        for (size_t i = 0; i < batch.position.size(); ++i)
            if (batch.sequence[i] == s) {
                rows.add(0, batch.position[i]);
                const auto at = static_cast<int32_t>(i);
                const Floats in = slice(x, hidden, at, at + 1), out = slice(all, hidden, at, at + 1);
                own.insert(own.end(), in.begin(), in.end());
                expected.insert(expected.end(), out.begin(), out.end());
            }
        const ConclaveMlaMode form = mode != conclave_mla_auto    ? mode
                                     : rows.position.size() >= 32 ? conclave_mla_naive
                                                                  : conclave_mla_absorbed;
        for (const ConclaveMlaMode tried : {mode, form}) {
            SampleCaches alone = caches_for(layer, 1);
            attend(backend, layer, alone, run_of(0, n_earlier), earlier, conclave_mla_absorbed);
            EXPECT_LE(normalized_error(attend(backend, layer, alone, rows, own, tried), expected), rounding)
                << "sequence " << s << " mode " << tried;
        }
    }
}

} // namespace

TEST(attention_mla, naive_and_absorbed_agree)
{
    for (const ConclaveOpTable* table : {conclave_reference_ops(), conclave_cpu_ops()})
        for (const Case& c : cases()) {
            SCOPED_TRACE(std::string(table->name) + " hidden " + std::to_string(c.shape.hidden));
            SampleNumbers numbers(3);
            const SampleMla layer(numbers, c.dtype, c.shape);
            OpBackend backend(table, 2);
            const SampleBatch rows = run_of(0, 90);
            const Floats x = numbers.floats(90 * c.shape.hidden, 1);
            SampleCaches one = caches_for(layer, 1), two = caches_for(layer, 1);
            const Floats naive = attend(backend, layer, one, rows, x, conclave_mla_naive);
            const Floats absorbed = attend(backend, layer, two, rows, x, conclave_mla_absorbed);
            // 1e-4 relative is 1e-8 of squares. In the quantised layers the int8 activations of W_o see inputs that
            // differ in the last bit, and one may round the other way: 1 / 127 of a block's largest, now and then.
            EXPECT_LE(normalized_error(absorbed, naive),
                      c.dtype == DType::F32 || table == conclave_reference_ops() ? 1e-10 : 1e-5);
        }
}

TEST(attention_mla, several_sequences_at_once_equal_each_alone)
{
    for (const ConclaveOpTable* table : {conclave_reference_ops(), conclave_cpu_ops()})
        for (const ConclaveMlaMode mode : {conclave_mla_naive, conclave_mla_absorbed})
            for (const Case& c : cases()) {
                SCOPED_TRACE(std::string(table->name) + " mode " + std::to_string(mode));
                constexpr int32_t n_sequences = 3, n_positions = 70;
                SampleBatch mixed;
                for (int32_t p = 0; p < n_positions; ++p) // interleaved, and of different lengths
                    for (int32_t s = 0; s < n_sequences; ++s)
                        if (p >= n_earlier && p < n_positions - 30 * s)
                            mixed.add(s, p);
                expect_equal_alone(table, c, mixed, n_sequences, mode);
            }
}

TEST(attention_mla, auto_takes_each_sequence_by_its_own_rows)
{
    constexpr int32_t n_single = 40;
    SampleBatch answers; // 40 answers decode together: the batch is large, every sequence has one row
    for (int32_t s = 0; s < n_single; ++s)
        answers.add(s, n_earlier);
    SampleBatch mixed; // and a prompt of 33 rows, one of 31 and one more answer between them
    for (int32_t p = 0; p < 33; ++p) {
        mixed.add(0, n_earlier + p);
        if (p < 31)
            mixed.add(1, n_earlier + p);
        if (p % 3 == 0)
            mixed.add(2 + p / 3, n_earlier);
    }
    for (const ConclaveOpTable* table : {conclave_reference_ops(), conclave_cpu_ops()})
        for (const Case& c : cases()) {
            SCOPED_TRACE(std::string(table->name) + " hidden " + std::to_string(c.shape.hidden));
            expect_equal_alone(table, c, answers, n_single, conclave_mla_auto);
            expect_equal_alone(table, c, mixed, 13, conclave_mla_auto);
        }
}

TEST(attention_mla, a_prompt_at_once_equals_its_tokens_one_by_one)
{
    for (const ConclaveOpTable* table : {conclave_reference_ops(), conclave_cpu_ops()})
        for (const Case& c : cases()) {
            SampleNumbers numbers(6);
            const SampleMla layer(numbers, c.dtype, c.shape);
            OpBackend backend(table, 2);
            constexpr int32_t n = 83;
            const Floats x = numbers.floats(n * c.shape.hidden, 1);
            SampleCaches one = caches_for(layer, 1), two = caches_for(layer, 1), three = caches_for(layer, 1);
            const Floats at_once = attend(backend, layer, one, run_of(0, n), x, conclave_mla_absorbed);
            const Floats chunk =
                attend(backend, layer, three, run_of(0, 41), slice(x, c.shape.hidden, 0, 41), conclave_mla_absorbed);
            Floats single;
            for (int32_t p = 0; p < n; ++p) {
                const Floats row = attend(backend, layer, two, run_of(p, p + 1), slice(x, c.shape.hidden, p, p + 1),
                                          conclave_mla_absorbed);
                single.insert(single.end(), row.begin(), row.end());
            }
            EXPECT_LE(normalized_error(at_once, single), rounding);
            EXPECT_EQ(slice(at_once, c.shape.hidden, 0, 41), chunk);
        }
}

TEST(attention_mla, auto_takes_the_naive_form_from_32_rows_of_a_sequence_on)
{
    SampleNumbers numbers(8);
    const SampleMla layer(numbers, DType::F32, cases()[1].shape);
    const int32_t hidden = layer.shape.hidden;
    const Floats x = numbers.floats(32 * hidden, 1);
    OpBackend backend(conclave_cpu_ops());
    for (const int32_t n : {1, 31, 32}) {
        const Floats rows = slice(x, hidden, 0, n);
        SampleCaches a = caches_for(layer, 1), b = caches_for(layer, 1);
        EXPECT_EQ(attend(backend, layer, a, run_of(0, n), rows, conclave_mla_auto),
                  attend(backend, layer, b, run_of(0, n), rows, n < 32 ? conclave_mla_absorbed : conclave_mla_naive));
    }
}

TEST(attention_mla, cache_holds_the_normed_latent_and_the_rotated_key)
{
    SampleNumbers numbers(9);
    const SampleMla layer(numbers, DType::F32, cases()[1].shape);
    const Floats x = numbers.floats(50 * layer.shape.hidden, 1);
    OpBackend reference(conclave_reference_ops()), cpu(conclave_cpu_ops(), 2);
    SampleCaches a = caches_for(layer, 1), b = caches_for(layer, 1);
    attend(reference, layer, a, run_of(0, 50), x, conclave_mla_auto);
    attend(cpu, layer, b, run_of(0, 50), x, conclave_mla_auto);
    const int32_t width = layer.shape.kv_lora_rank + layer.shape.rope;
    for (int32_t p = 0; p < 50; ++p) {
        const float* row = reinterpret_cast<const float*>(cached_row(a.views[0], p));
        const float* other = reinterpret_cast<const float*>(cached_row(b.views[0], p));
        EXPECT_LE(normalized_error(Floats(other, other + width), Floats(row, row + width)), 1e-11);
    }
}

TEST(attention_mla, bits_do_not_depend_on_threads)
{
    for (const ConclaveMlaMode mode : {conclave_mla_naive, conclave_mla_absorbed})
        for (const Case& c : cases()) {
            SampleNumbers numbers(10);
            const SampleMla layer(numbers, c.dtype, c.shape);
            const Floats x = numbers.floats(90 * c.shape.hidden, 1);
            Floats first;
            for (const int n_threads : {1, 2, 3}) {
                OpBackend backend(conclave_cpu_ops(), n_threads);
                SampleCaches caches = caches_for(layer, 1);
                const Floats out = attend(backend, layer, caches, run_of(0, 90), x, mode);
                if (first.empty())
                    first = out;
                EXPECT_EQ(out, first) << n_threads << " threads, mode " << mode;
            }
        }
}

TEST(attention_mla, a_position_without_room_or_order_is_refused)
{
    SampleNumbers numbers(12);
    const SampleMla layer(numbers, DType::F32, cases()[1].shape);
    const ConclaveMlaWeights w = layer.view();
    SampleCaches caches = caches_for(layer, 1);
    Floats x(static_cast<size_t>(layer.shape.hidden) * 2);
    for (const ConclaveOpTable* table : {conclave_reference_ops(), conclave_cpu_ops()}) {
        OpBackend backend(table);
        SampleBatch beyond;
        beyond.add(0, 5000);
        ConclaveBatch batch = beyond.view();
        EXPECT_EQ(
            backend->attention_mla(backend.get(), &w, &batch, caches.views.data(), 0, x.data(), backend.message()),
            conclave_invalid);
        EXPECT_NE(backend.text().find("5000"), std::string::npos);
        SampleBatch backwards;
        backwards.add(0, 4);
        backwards.add(0, 4);
        batch = backwards.view();
        EXPECT_EQ(
            backend->attention_mla(backend.get(), &w, &batch, caches.views.data(), 0, x.data(), backend.message()),
            conclave_invalid);
    }
}

} // namespace conclave
