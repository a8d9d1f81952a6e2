#include "ops/attention_gqa.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "op_backend.hpp"

namespace conclave
{

namespace
{

using Floats = std::vector<float>;

// Between one row and many: sums are taken in another order, and now and then an int8 step falls the other way.
constexpr double rounding = 1e-5;

constexpr int32_t page_rows = 40;

struct Case {
    DType dtype;
    GqaShape shape;
};

std::vector<Case> cases()
{
    return {
        // odd everything, and heads that RoPE turns in part
        {DType::F32, {.hidden = 65, .n_head = 3, .n_head_kv = 1, .head_dim = 10, .n_rot = 6}},
        // as Qwen2: biases
        {DType::F32, {.hidden = 192, .n_head = 6, .n_head_kv = 2, .head_dim = 32, .n_rot = 32, .bias = true}},
        // as Qwen3: a norm per head; the heads are wider than the hidden size
        {DType::Q8_0,
         {.hidden = 256, .n_head = 8, .n_head_kv = 4, .head_dim = 64, .n_rot = 64, .qk_norm = conclave_qk_norm_head}},
        // as OLMoE: a norm over the row, a key head for every query head
        {DType::F32,
         {.hidden = 128, .n_head = 4, .n_head_kv = 4, .head_dim = 32, .n_rot = 32, .qk_norm = conclave_qk_norm_row}},
        // RoPE over part of a head, side by side
        {DType::F32, {.hidden = 64, .n_head = 6, .n_head_kv = 3, .head_dim = 8, .n_rot = 4, .interleaved = true}},
        // as gpt-oss: sinks, and a window narrower than a piece, a page and a block of rows
        {DType::F32,
         {.hidden = 96,
          .n_head = 6,
          .n_head_kv = 2,
          .head_dim = 16,
          .n_rot = 16,
          .bias = true,
          .output_bias = true,
          .sinks = true,
          .window = 7}},
        // a window of more than a page, no sinks
        {DType::Q8_0, {.hidden = 96, .n_head = 4, .n_head_kv = 2, .head_dim = 32, .n_rot = 32, .window = 53}},
        // as Llama: pairs side by side
        {DType::Q4_K, {.hidden = 256, .n_head = 4, .n_head_kv = 2, .head_dim = 128, .n_rot = 128, .interleaved = true}},
    };
}

Floats attend(OpBackend& backend, const SampleGqa& layer, SampleCaches& caches, const SampleBatch& rows,
              const Floats& x)
{
    const ConclaveGqaWeights w = layer.view();
    const ConclaveBatch batch = rows.view();
    Floats after = x;
    EXPECT_EQ(backend->attention_gqa(backend.get(), &w, &batch, caches.views.data(), after.data(), backend.message()),
              conclave_ok)
        << backend.text();
    return difference(after, x);
}

SampleCaches caches_for(const SampleGqa& layer, int32_t n_sequences)
{
    return SampleCaches(n_sequences, 200, page_rows, 2 * layer.shape.n_head_kv * layer.shape.head_dim);
}

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

} // namespace

TEST(attention_gqa, fast_kernels_agree_with_the_reference)
{
    for (const Case& c : cases()) {
        SCOPED_TRACE("hidden " + std::to_string(c.shape.hidden));
        SampleNumbers numbers(3);
        const SampleGqa layer(numbers, c.dtype, c.shape);
        OpBackend reference(conclave_reference_ops()), cpu(conclave_cpu_ops(), 2);
        const Floats x = numbers.floats(90 * c.shape.hidden, 1);
        SampleCaches one = caches_for(layer, 1), two = caches_for(layer, 1);
        EXPECT_LE(normalized_error(attend(cpu, layer, one, run_of(0, 90), x),
                                   attend(reference, layer, two, run_of(0, 90), x)),
                  c.dtype == DType::F32 ? 1e-11 : 5e-4);
    }
}

TEST(attention_gqa, more_query_heads_than_meet_a_piece_together)
{
    const GqaShape shape = {.hidden = 64, .n_head = 72, .n_head_kv = 1, .head_dim = 8, .n_rot = 8};
    ASSERT_GT(shape.n_head, gqa_queries);
    SampleNumbers numbers(4);
    const SampleGqa layer(numbers, DType::F32, shape);
    OpBackend reference(conclave_reference_ops()), cpu(conclave_cpu_ops(), 2, 96, shape.n_head);
    const Floats x = numbers.floats(90 * shape.hidden, 1);
    SampleCaches one = caches_for(layer, 1), two = caches_for(layer, 1);
    EXPECT_LE(
        normalized_error(attend(cpu, layer, one, run_of(0, 90), x), attend(reference, layer, two, run_of(0, 90), x)),
        1e-11);
}

TEST(attention_gqa, one_head_of_one_row_by_hand)
{
    // Two positions, one head of two values, no rotation at position 0: the softmax of q·k over sqrt(2).
    for (const ConclaveOpTable* table : {conclave_reference_ops(), conclave_cpu_ops()}) {
        const float identity[] = {1, 0, 0, 1}, ones[] = {1, 1}, still[] = {0};
        const ConclaveMatrix eye = {identity, static_cast<int32_t>(DType::F32), 1, 2, 2, 8, 16};
        ConclaveGqaWeights w = {};
        w.size = sizeof w;
        w.attn_norm = ones;
        w.q = w.k = w.v = w.o = eye;
        w.hidden = 2;
        w.n_head = w.n_head_kv = 1;
        w.head_dim = 2;
        w.softmax_scale = 1;
        w.rope = {still, 2, 0, 1.0f};
        SampleCaches caches(1, 8, 4, 4);
        const SampleBatch rows = run_of(0, 2);
        const ConclaveBatch batch = rows.view();
        const float r = std::sqrt(2.0f);
        Floats x = {1, 0, 0, 1}; // after the norm: (√2, 0) and (0, √2)
        OpBackend backend(table);
        ASSERT_EQ(backend->attention_gqa(backend.get(), &w, &batch, caches.views.data(), x.data(), backend.message()),
                  conclave_ok);
        const float p = 1 / (1 + std::exp(2.0f)); // of the first position: scores 0 and 2
        const Floats expected = {1 + r, 0, p * r, 1 + (1 - p) * r};
        for (size_t i = 0; i < x.size(); ++i)
            EXPECT_NEAR(x[i], expected[i], 1e-6) << table->name << " " << i;
    }
}

TEST(attention_gqa, a_window_hides_what_lies_before_it)
{
    // What a row cannot see may change without changing it, and a sink takes its share of the softmax.
    const GqaShape shape = {.hidden = 32, .n_head = 2, .n_head_kv = 1, .head_dim = 16, .n_rot = 16, .window = 5};
    for (const ConclaveOpTable* table : {conclave_reference_ops(), conclave_cpu_ops()}) {
        SampleNumbers numbers(13);
        const SampleGqa layer(numbers, DType::F32, shape);
        OpBackend backend(table, 2);
        constexpr int32_t n = 90;
        Floats x = numbers.floats(n * shape.hidden, 1);
        SampleCaches one = caches_for(layer, 1), two = caches_for(layer, 1);
        const Floats before = slice(attend(backend, layer, one, run_of(0, n), x), shape.hidden, n - 1, n);
        for (int32_t i = 0; i < (n - shape.window) * shape.hidden; ++i)
            x[static_cast<size_t>(i)] += 1;
        EXPECT_EQ(slice(attend(backend, layer, two, run_of(0, n), x), shape.hidden, n - 1, n), before) << table->name;
        x[static_cast<size_t>((n - shape.window) * shape.hidden)] += 1;
        SampleCaches three = caches_for(layer, 1);
        EXPECT_NE(slice(attend(backend, layer, three, run_of(0, n), x), shape.hidden, n - 1, n), before) << table->name;
    }
}

TEST(attention_gqa, random_layers_agree_with_the_reference)
{
    for (uint64_t seed = 1; seed <= 40; ++seed) {
        SampleNumbers numbers(seed);
        const auto pick = [&](int32_t low, int32_t high) {
            return low + static_cast<int32_t>(numbers.bits() % static_cast<uint64_t>(high - low + 1));
        };
        GqaShape shape = {.hidden = pick(1, 80), .n_head_kv = pick(1, 4), .head_dim = 2 * pick(1, 20)};
        shape.n_head = shape.n_head_kv * pick(1, 4);
        shape.n_rot = 2 * pick(1, shape.head_dim / 2);
        shape.bias = pick(0, 1) == 1;
        shape.output_bias = pick(0, 1) == 1;
        shape.sinks = pick(0, 1) == 1;
        shape.interleaved = pick(0, 1) == 1;
        shape.window = pick(0, 1) == 1 ? pick(1, 120) : 0;
        shape.qk_norm = static_cast<ConclaveQkNorm>(pick(0, 2));
        SCOPED_TRACE("seed " + std::to_string(seed));
        const SampleGqa layer(numbers, DType::F32, shape);
        OpBackend reference(conclave_reference_ops()), cpu(conclave_cpu_ops(), 2);
        const int32_t earlier = pick(0, 60), n = pick(1, 90);
        const Floats x = numbers.floats((earlier + n) * shape.hidden, 1);
        Floats results[2];
        for (OpBackend* backend : {&reference, &cpu}) {
            SampleCaches caches = caches_for(layer, 1);
            if (earlier > 0)
                attend(*backend, layer, caches, run_of(0, earlier), slice(x, shape.hidden, 0, earlier));
            results[backend == &cpu] = attend(*backend, layer, caches, run_of(earlier, earlier + n),
                                              slice(x, shape.hidden, earlier, earlier + n));
        }
        EXPECT_LE(normalized_error(results[1], results[0]), 1e-10);
    }
}

TEST(attention_gqa, several_sequences_at_once_equal_each_alone)
{
    for (const ConclaveOpTable* table : {conclave_reference_ops(), conclave_cpu_ops()})
        for (const Case& c : cases()) {
            SampleNumbers numbers(5);
            const SampleGqa layer(numbers, c.dtype, c.shape);
            constexpr int32_t n_sequences = 3, n_positions = 70;
            SampleBatch mixed;
            for (int32_t p = 0; p < n_positions; ++p) // interleaved, and of different lengths
                for (int32_t s = 0; s < n_sequences; ++s)
                    if (p < n_positions - 30 * s)
                        mixed.add(s, p);
            OpBackend backend(table, 2), wide(table, 2, 256);
            const Floats x = numbers.floats(static_cast<int64_t>(mixed.position.size()) * c.shape.hidden, 1);
            SampleCaches together = caches_for(layer, n_sequences);
            const Floats all = attend(wide, layer, together, mixed, x);
            for (int32_t s = 0; s < n_sequences; ++s) {
                SampleCaches alone = caches_for(layer, 1);
                SampleBatch rows;
                Floats own, expected;
                for (size_t i = 0; i < mixed.position.size(); ++i)
                    if (mixed.sequence[i] == s) {
                        rows.add(0, mixed.position[i]);
                        const auto at = static_cast<int32_t>(i);
                        const Floats in = slice(x, c.shape.hidden, at, at + 1);
                        const Floats out = slice(all, c.shape.hidden, at, at + 1);
                        own.insert(own.end(), in.begin(), in.end());
                        expected.insert(expected.end(), out.begin(), out.end());
                    }
                EXPECT_LE(normalized_error(attend(backend, layer, alone, rows, own), expected), rounding)
                    << table->name << " sequence " << s;
            }
        }
}

TEST(attention_gqa, a_prompt_at_once_equals_its_tokens_one_by_one)
{
    for (const ConclaveOpTable* table : {conclave_reference_ops(), conclave_cpu_ops()})
        for (const Case& c : cases()) {
            SampleNumbers numbers(6);
            const SampleGqa layer(numbers, c.dtype, c.shape);
            OpBackend backend(table, 2);
            constexpr int32_t n = 83;
            const Floats x = numbers.floats(n * c.shape.hidden, 1);
            SampleCaches one = caches_for(layer, 1), two = caches_for(layer, 1);
            Floats single;
            for (int32_t p = 0; p < n; ++p) {
                const Floats row = attend(backend, layer, two, run_of(p, p + 1), slice(x, c.shape.hidden, p, p + 1));
                single.insert(single.end(), row.begin(), row.end());
            }
            EXPECT_LE(normalized_error(attend(backend, layer, one, run_of(0, n), x), single), rounding) << table->name;
        }
}

TEST(attention_gqa, bits_do_not_depend_on_threads)
{
    for (const Case& c : cases()) {
        SampleNumbers numbers(10);
        const SampleGqa layer(numbers, c.dtype, c.shape);
        const Floats x = numbers.floats(90 * c.shape.hidden, 1);
        Floats first;
        for (const int n_threads : {1, 2, 3}) {
            OpBackend backend(conclave_cpu_ops(), n_threads);
            SampleCaches caches = caches_for(layer, 1);
            const Floats out = attend(backend, layer, caches, run_of(0, 90), x);
            if (first.empty())
                first = out;
            EXPECT_EQ(out, first) << n_threads << " threads";
        }
    }
}

TEST(attention_gqa, shapes_that_cannot_be_are_refused)
{
    SampleNumbers numbers(12);
    const SampleGqa layer(numbers, DType::F32, cases()[1].shape);
    SampleCaches caches = caches_for(layer, 1);
    SampleBatch beyond;
    beyond.add(0, 5000);
    const SampleBatch first = run_of(0, 1);
    Floats x(static_cast<size_t>(layer.shape.hidden));
    for (const ConclaveOpTable* table : {conclave_reference_ops(), conclave_cpu_ops()}) {
        OpBackend backend(table);
        const auto refused = [&](const ConclaveGqaWeights& w, const SampleBatch& rows) {
            const ConclaveBatch batch = rows.view();
            return backend->attention_gqa(backend.get(), &w, &batch, caches.views.data(), x.data(),
                                          backend.message()) == conclave_invalid;
        };
        EXPECT_TRUE(refused(layer.view(), beyond));
        EXPECT_NE(backend.text().find("5000"), std::string::npos);
        ConclaveGqaWeights w = layer.view();
        w.n_head_kv = 4; // 6 query heads
        EXPECT_TRUE(refused(w, first));
        w = layer.view();
        w.rope.n_dims = 34; // wider than a head
        EXPECT_TRUE(refused(w, first));
        w = layer.view();
        w.qk_norm = conclave_qk_norm_head; // without the norms
        EXPECT_TRUE(refused(w, first));
        w = layer.view();
        w.v = {};
        EXPECT_TRUE(refused(w, first));
        EXPECT_NE(backend.text().find("attn_v"), std::string::npos);
    }
}

} // namespace conclave
