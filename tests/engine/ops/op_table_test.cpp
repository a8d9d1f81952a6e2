#include "ops/op_table.hpp"

#include <cstddef>
#include <cstring>
#include <gtest/gtest.h>
#include <set>
#include <string>

#include "op_backend.hpp"

namespace conclave
{

namespace
{

struct Entry {
    const char* name;
    size_t offset;
};

// In the order of the table; the test below fails when an entry is added and not listed.
constexpr Entry entries[] = {
    {"create", offsetof(ConclaveOpTable, create)},
    {"destroy", offsetof(ConclaveOpTable, destroy)},
    {"prepare", offsetof(ConclaveOpTable, prepare)},
    {"embed", offsetof(ConclaveOpTable, embed)},
    {"attention_mla", offsetof(ConclaveOpTable, attention_mla)},
    {"attention_gqa", offsetof(ConclaveOpTable, attention_gqa)},
    {"mlp", offsetof(ConclaveOpTable, mlp)},
    {"moe", offsetof(ConclaveOpTable, moe)},
    {"route", offsetof(ConclaveOpTable, route)},
    {"experts", offsetof(ConclaveOpTable, experts)},
    {"router_scores", offsetof(ConclaveOpTable, router_scores)},
    {"mtp_mix", offsetof(ConclaveOpTable, mtp_mix)},
    {"head", offsetof(ConclaveOpTable, head)},
};

// Ops that have no tuned version, each with the reason. None.
const std::set<std::string> without_kernel = {};

const void* entry(const ConclaveOpTable* table, const Entry& e)
{
    const void* pointer = nullptr;
    std::memcpy(&pointer, reinterpret_cast<const char*>(table) + e.offset, sizeof pointer);
    return pointer;
}

} // namespace

TEST(op_table, every_op_has_a_reference_and_a_version_of_its_own_for_the_processor)
{
    EXPECT_EQ(entries[std::size(entries) - 1].offset + sizeof(void*), sizeof(ConclaveOpTable));
    EXPECT_EQ(entries[0].offset + std::size(entries) * sizeof(void*), sizeof(ConclaveOpTable));
    const ConclaveOpTable* reference = conclave_reference_ops();
    const ConclaveOpTable* cpu = conclave_cpu_ops();
    for (const Entry& e : entries) {
        ASSERT_NE(entry(reference, e), nullptr) << e.name;
        ASSERT_NE(entry(cpu, e), nullptr) << e.name;
        EXPECT_EQ(entry(cpu, e) == entry(reference, e), without_kernel.contains(e.name)) << e.name;
    }
    for (const ConclaveOpTable* table : {reference, cpu}) {
        EXPECT_EQ(table->size, sizeof(ConclaveOpTable));
        EXPECT_EQ(table->version, conclave_op_table_version);
    }
}

TEST(op_table, prepare_counts_what_it_reserves)
{
    OpBackend backend(conclave_cpu_ops());
    ConclaveLimits limits = {};
    limits.size = sizeof limits;
    limits.max_rows = 64;
    limits.hidden = 256;
    limits.max_intermediate = 512;
    limits.max_expert_intermediate = 64;
    limits.n_head = 4;
    limits.max_head_dim = 64;
    limits.kv_lora_rank = 64;
    limits.n_experts = 32;
    limits.n_experts_used = 4;
    uint64_t counted = 0, reserved = 0;
    EXPECT_EQ(backend->prepare(nullptr, &limits, &counted, nullptr), conclave_ok);
    EXPECT_EQ(backend->prepare(backend.get(), &limits, &reserved, nullptr), conclave_ok);
    EXPECT_EQ(counted, reserved);
    EXPECT_GT(counted, 64u * 256u * 4u);
    limits.max_rows = 128;
    EXPECT_EQ(backend->prepare(nullptr, &limits, &reserved, nullptr), conclave_ok);
    EXPECT_GT(reserved, counted);
}

TEST(op_table, more_than_was_prepared_for_is_refused)
{
    OpBackend backend(conclave_cpu_ops(), 1, 4);
    SampleNumbers numbers(2);
    const SampleMlp layer(numbers, DType::F32, 2048, 1408);
    const ConclaveMlpWeights w = layer.view();
    std::vector<float> x(2048 * 400);
    EXPECT_EQ(backend->mlp(backend.get(), &w, 4, x.data(), backend.message()), conclave_ok) << backend.text();
    EXPECT_EQ(backend->mlp(backend.get(), &w, 400, x.data(), backend.message()), conclave_invalid);
    EXPECT_NE(backend.text().find("prepared"), std::string::npos);
}

TEST(op_table, a_backend_without_threads_is_refused)
{
    const ConclaveBackendOptions options = {sizeof(ConclaveBackendOptions), nullptr};
    ConclaveBackend backend = nullptr;
    EXPECT_EQ(conclave_cpu_ops()->create(&options, &backend, nullptr), conclave_invalid);
}

TEST(op_table, head_takes_any_number_of_rows)
{
    SampleNumbers numbers(3);
    const SampleMatrix vocabulary = sample_matrix(numbers, DType::Q8_0, 1, 301, 64);
    const ConclaveMatrix w = vocabulary.view();
    const std::vector<float> norm = numbers.floats(64, 1), x = numbers.floats(64 * 20, 1);
    std::vector<int32_t> index;
    for (int32_t i = 0; i < 20; ++i)
        index.push_back(19 - i);
    std::vector<std::vector<float>> results;
    for (const int32_t max_rows : {3, 32}) {
        OpBackend backend(conclave_cpu_ops(), 2, max_rows);
        std::vector<float> logits(20 * 301);
        ASSERT_EQ(backend->head(backend.get(), norm.data(), 1e-6f, &w, 64, x.data(), index.data(), 20, logits.data(),
                                backend.message()),
                  conclave_ok)
            << backend.text();
        results.push_back(logits);
    }
    EXPECT_LE(normalized_error(results[0], results[1]), 1e-12);
    OpBackend reference(conclave_reference_ops());
    std::vector<float> logits(20 * 301);
    ASSERT_EQ(reference->head(reference.get(), norm.data(), 1e-6f, &w, 64, x.data(), index.data(), 20, logits.data(),
                              nullptr),
              conclave_ok);
    EXPECT_LE(normalized_error(results[0], logits), 5e-4);
}

TEST(op_table, a_token_outside_the_vocabulary_is_refused)
{
    SampleNumbers numbers(3);
    const SampleMatrix vocabulary = sample_matrix(numbers, DType::F16, 1, 10, 64);
    const ConclaveMatrix w = vocabulary.view();
    SampleBatch rows;
    rows.add(0, 0, 10);
    const ConclaveBatch batch = rows.view();
    std::vector<float> x(64);
    for (const ConclaveOpTable* table : {conclave_reference_ops(), conclave_cpu_ops()}) {
        OpBackend backend(table);
        EXPECT_EQ(backend->embed(backend.get(), &w, &batch, x.data(), backend.message()), conclave_invalid);
        EXPECT_NE(backend.text().find("Token 10"), std::string::npos);
    }
}

} // namespace conclave
