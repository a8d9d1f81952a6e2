// Attention over caches of every type: the fast kernels against the plain ones, and both against a cache of floats.
#include "ops/cached_rows.hpp"

#include <numeric>

#include <gtest/gtest.h>

#include "op_backend.hpp"
#include "tensor/kernel_target.hpp"

namespace conclave
{
namespace
{

using Floats = std::vector<float>;

constexpr int32_t page_rows = 40;
constexpr int32_t n = 83;

/// How far a type may take the result from that of floats, and the fast kernels from the plain ones, whose floats
/// differ in the last bit and now and then round to another neighbour. Squares: half a unit in 11, 8 and 7 bits.
struct Bound {
    DType dtype;
    double from_floats, between;
};
const Bound bounds[] = {{DType::F16, 1e-6, 1e-7}, {DType::BF16, 5e-5, 5e-6}, {DType::Q8_0, 5e-4, 5e-5}};

SampleBatch run_of(int32_t begin, int32_t end)
{
    SampleBatch rows;
    for (int32_t p = begin; p < end; ++p)
        rows.add(0, p);
    return rows;
}

Floats attend(OpBackend& backend, const SampleGqa& layer, SampleCaches& caches, const SampleBatch& rows,
              const Floats& x, ConclaveMlaMode)
{
    const ConclaveGqaWeights w = layer.view();
    const ConclaveBatch batch = rows.view();
    Floats after = x;
    EXPECT_EQ(backend->attention_gqa(backend.get(), &w, &batch, caches.views.data(), after.data(), backend.message()),
              conclave_ok)
        << backend.text();
    return difference(after, x);
}

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

template <class Layer>
void expect_every_type(const Layer& layer, SampleNumbers& numbers, int32_t row_width, ConclaveMlaMode mode)
{
    const int32_t hidden = layer.shape.hidden;
    const Floats x = numbers.floats(n * hidden, 1);
    OpBackend reference(conclave_reference_ops()), cpu(conclave_cpu_ops(), 2);
    const auto at_once = [&](OpBackend& backend, DType dtype) {
        SampleCaches caches(1, 200, page_rows, row_width, dtype);
        return attend(backend, layer, caches, run_of(0, n), x, mode);
    };
    const Floats floats = at_once(reference, DType::F32);
    for (const Bound& bound : bounds) {
        SCOPED_TRACE(dtype_info(bound.dtype)->name);
        const Floats plain = at_once(reference, bound.dtype);
        EXPECT_LE(normalized_error(plain, floats), bound.from_floats);
        EXPECT_NE(plain, floats); // it is that type
        for (const std::string& target : supported_kernel_targets()) {
            ASSERT_TRUE(select_kernel_target(target));
            EXPECT_LE(normalized_error(at_once(cpu, bound.dtype), plain), bound.between) << target;
            SampleCaches caches(1, 200, page_rows, row_width, bound.dtype);
            Floats single;
            for (int32_t p = 0; p < n; ++p) {
                const Floats row = attend(cpu, layer, caches, run_of(p, p + 1),
                                          Floats(x.begin() + p * hidden, x.begin() + (p + 1) * hidden), mode);
                single.insert(single.end(), row.begin(), row.end());
            }
            EXPECT_LE(normalized_error(single, plain), bound.between) << target << ", row by row";
        }
        select_kernel_target("auto");
    }
}

} // namespace

TEST(cached_rows, grouped_query_attention_with_every_type)
{
    for (const GqaShape& shape :
         {GqaShape{.hidden = 96, .n_head = 6, .n_head_kv = 2, .head_dim = 32, .n_rot = 32},
          GqaShape{
              .hidden = 65, .n_head = 4, .n_head_kv = 4, .head_dim = 64, .n_rot = 16, .sinks = true, .window = 19}}) {
        SampleNumbers numbers(3);
        const SampleGqa layer(numbers, DType::F32, shape);
        expect_every_type(layer, numbers, 2 * shape.n_head_kv * shape.head_dim, conclave_mla_auto);
    }
}

TEST(cached_rows, latent_attention_with_every_type)
{
    const MlaShape shape = {.hidden = 192, .n_head = 4, .nope = 32, .rope = 32, .v_head_dim = 48, .kv_lora_rank = 64};
    for (const ConclaveMlaMode mode : {conclave_mla_naive, conclave_mla_absorbed}) {
        SampleNumbers numbers(4);
        const SampleMla layer(numbers, DType::F32, shape);
        expect_every_type(layer, numbers, shape.kv_lora_rank + shape.rope, mode);
    }
}

TEST(cached_rows, bits_do_not_depend_on_threads)
{
    SampleNumbers numbers(5);
    const MlaShape shape = {.hidden = 64, .n_head = 5, .nope = 16, .rope = 32, .v_head_dim = 16, .kv_lora_rank = 32};
    const SampleMla layer(numbers, DType::F32, shape);
    const Floats x = numbers.floats(n * shape.hidden, 1);
    for (const ConclaveMlaMode mode : {conclave_mla_naive, conclave_mla_absorbed}) {
        Floats first;
        for (const int n_threads : {1, 2, 3}) {
            OpBackend backend(conclave_cpu_ops(), n_threads);
            SampleCaches caches(1, 200, page_rows, shape.kv_lora_rank + shape.rope, DType::Q8_0);
            const Floats out = attend(backend, layer, caches, run_of(0, n), x, mode);
            EXPECT_EQ(out, first.empty() ? first = out : first) << n_threads;
        }
    }
}

TEST(cached_rows, a_type_that_rows_cannot_have_is_refused)
{
    SampleNumbers numbers(6);
    const GqaShape shape = {.hidden = 32, .n_head = 2, .n_head_kv = 1, .head_dim = 16, .n_rot = 16};
    const SampleGqa layer(numbers, DType::F32, shape);
    const ConclaveGqaWeights w = layer.view();
    const SampleBatch rows = run_of(0, 1);
    const ConclaveBatch batch = rows.view();
    Floats x(32, 1.0f);
    for (const auto& [dtype, words] :
         {std::pair{DType::Q4_K, "F32, F16, BF16 or Q8_0"}, {DType::Q8_0, "Parts of 16"}}) {
        SampleCaches caches(1, 64, page_rows, 32, dtype);
        OpBackend backend(conclave_cpu_ops());
        EXPECT_EQ(backend->attention_gqa(backend.get(), &w, &batch, caches.views.data(), x.data(), backend.message()),
                  conclave_unsupported);
        EXPECT_NE(backend.text().find(words), std::string::npos) << backend.text();
    }
}

} // namespace conclave
