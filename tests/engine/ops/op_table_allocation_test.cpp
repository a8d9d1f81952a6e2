#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <gtest/gtest.h>
#include <new>

#include "op_backend.hpp"

// Every allocation of this program is counted, so that a step of the tuned backend can be shown to make none.
namespace
{

std::atomic<int64_t> n_allocations{0};

void* counted(size_t size, size_t alignment)
{
    ++n_allocations;
    size = std::max(size, alignment); // none may be null
#if defined(_WIN32)
    void* memory = _aligned_malloc(size, alignment);
#else
    void* memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
#endif
    if (!memory)
        throw std::bad_alloc();
    return memory;
}

void release(void* memory)
{
#if defined(_WIN32)
    _aligned_free(memory);
#else
    std::free(memory);
#endif
}

} // namespace

void* operator new(size_t size)
{
    return counted(size, alignof(std::max_align_t));
}
void* operator new(size_t size, std::align_val_t alignment)
{
    return counted(size, static_cast<size_t>(alignment));
}
// The sanitizers' own would not call those above.
void* operator new(size_t n, const std::nothrow_t&) noexcept
{
    try {
        return operator new(n);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
void* operator new(size_t n, std::align_val_t alignment, const std::nothrow_t&) noexcept
{
    try {
        return operator new(n, alignment);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
void operator delete(void* memory) noexcept
{
    release(memory);
}
void operator delete(void* memory, size_t) noexcept
{
    release(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept
{
    release(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept
{
    release(memory);
}

namespace conclave
{

TEST(op_table_allocation, a_step_of_the_tuned_backend_allocates_nothing)
{
    SampleNumbers numbers(1);
    const SampleMla attention(numbers, DType::Q8_0, {.hidden = 192, .rope = 16, .q_lora_rank = 96});
    const SampleMlp dense(numbers, DType::Q8_0, 192, 256);
    const SampleGqa grouped(numbers, DType::Q8_0, {.hidden = 192, .bias = true, .qk_norm = conclave_qk_norm_head});
    const SampleMoe sparse(numbers, DType::Q8_0, {.hidden = 192, .shared_width = 96, .shared_gate = true});
    const SampleMatrix vocabulary = sample_matrix(numbers, DType::Q8_0, 1, 100, 192);
    const ConclaveMlaWeights mla = attention.view();
    const ConclaveGqaWeights gqa = grouped.view();
    const ConclaveMlpWeights mlp = dense.view();
    const ConclaveMoeWeights moe = sparse.view();
    const ConclaveMatrix head = vocabulary.view();
    SampleCaches caches(2, 64, 16, attention.shape.kv_lora_rank + attention.shape.rope);
    SampleCaches grouped_caches(2, 64, 16, 2 * gqa.n_head_kv * gqa.head_dim);
    OpBackend backend(conclave_cpu_ops(), 2);
    for (const int32_t n_rows : {1, 5, 40}) {
        SampleBatch rows;
        for (int32_t i = 0; i < n_rows; ++i)
            rows.add(i % 2, i / 2, i);
        const ConclaveBatch batch = rows.view();
        SampleRoutes routes(n_rows, moe.n_experts_used);
        const ConclaveRoutes view = routes.view();
        std::vector<float> x(static_cast<size_t>(n_rows) * 192), out(x.size()), logits(100),
            scores(static_cast<size_t>(n_rows * 12));
        const int32_t last = n_rows - 1;
        const int64_t before = n_allocations;
        int failures = 0;
        failures += backend->embed(backend.get(), &head, &batch, x.data(), nullptr) != conclave_ok;
        for (const int32_t mode : {conclave_mla_naive, conclave_mla_absorbed})
            failures += backend->attention_mla(backend.get(), &mla, &batch, caches.views.data(), mode, x.data(),
                                               nullptr) != conclave_ok;
        failures += backend->attention_gqa(backend.get(), &gqa, &batch, grouped_caches.views.data(), x.data(),
                                           nullptr) != conclave_ok;
        failures += backend->mlp(backend.get(), &mlp, n_rows, x.data(), nullptr) != conclave_ok;
        failures += backend->moe(backend.get(), &moe, n_rows, x.data(), &view, nullptr) != conclave_ok;
        failures += backend->route(backend.get(), &moe, n_rows, x.data(), &view, nullptr) != conclave_ok;
        failures += backend->experts(backend.get(), &moe, n_rows, x.data(), &view, nullptr, 1, out.data(), nullptr) !=
                    conclave_ok;
        failures +=
            backend->router_scores(backend.get(), &moe, n_rows, x.data(), scores.data(), nullptr) != conclave_ok;
        failures += backend->head(backend.get(), moe.norm, 1e-6f, &head, 192, x.data(), &last, 1, logits.data(),
                                  nullptr) != conclave_ok;
        const int64_t after = n_allocations;
        EXPECT_EQ(failures, 0);
        EXPECT_EQ(after - before, 0) << n_rows << " rows";
    }
    const int64_t before = n_allocations;
    std::vector<int> counted_too(3);
    EXPECT_GT(n_allocations - before, 0);
}

} // namespace conclave
