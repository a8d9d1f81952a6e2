#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "base/thread_pool.hpp"
#include "ops/op_table.hpp"
#include "ops/sample_layers.hpp"

namespace conclave
{

/// A backend of one table, prepared for small layers, with its own threads.
class OpBackend
{
public:
    explicit OpBackend(const ConclaveOpTable* table, int n_threads = 1, int32_t max_rows = 96, int32_t n_head = 16)
        : m_pool(std::make_unique<ThreadPool>(n_threads)), m_table(table)
    {
        const ConclaveBackendOptions options = {sizeof(ConclaveBackendOptions), m_pool.get()};
        EXPECT_EQ(table->create(&options, &m_backend, message()), conclave_ok) << m_text;
        ConclaveLimits limits = {};
        limits.size = sizeof limits;
        limits.max_rows = max_rows;
        limits.max_positions = 512;
        limits.hidden = 2048;
        limits.max_intermediate = limits.max_expert_intermediate = 1408;
        limits.n_head = n_head;
        limits.n_head_kv = 16;
        limits.max_head_dim = 512;
        limits.kv_lora_rank = 512;
        limits.q_lora_rank = 512;
        limits.n_experts = 256;
        limits.n_experts_used = 8;
        limits.max_vocab_rows = max_rows;
        limits.with_mtp = 1;
        EXPECT_EQ(table->prepare(m_backend, &limits, &n_bytes, message()), conclave_ok) << m_text;
    }
    OpBackend(const OpBackend&) = delete;
    OpBackend& operator=(const OpBackend&) = delete;
    ~OpBackend() { m_table->destroy(m_backend); }

    const ConclaveOpTable* operator->() const { return m_table; }
    ConclaveBackend get() const { return m_backend; }
    ConclaveMessage* message()
    {
        m_text[0] = 0;
        m_message = {m_text, sizeof m_text};
        return &m_message;
    }
    std::string text() const { return m_text; }

    uint64_t n_bytes = 0;

private:
    std::unique_ptr<ThreadPool> m_pool;
    const ConclaveOpTable* m_table;
    ConclaveBackend m_backend = nullptr;
    char m_text[256] = {};
    ConclaveMessage m_message = {};
};

inline std::vector<float> difference(const std::vector<float>& after, const std::vector<float>& before)
{
    std::vector<float> out(after.size());
    for (size_t i = 0; i < out.size(); ++i)
        out[i] = after[i] - before[i];
    return out;
}

} // namespace conclave
