#include "ops/staging.hpp"

#include <algorithm>
#include <cstring>

namespace conclave::cuda
{

Staging::~Staging()
{
    for (const Slot& slot : m_slots) {
        if (slot.copied)
            cudaEventDestroy(slot.copied);
        cudaFreeHost(slot.memory);
    }
}

void Staging::upload(void* to, const void* from, uint64_t n_bytes, cudaStream_t stream)
{
    for (uint64_t at = 0; at < n_bytes; at += slot_bytes) {
        Slot& slot = m_slots[m_next];
        m_next = (m_next + 1) % m_slots.size();
        if (!slot.memory) {
            CUDA_CHECK(cudaMallocHost(&slot.memory, slot_bytes));
            CUDA_CHECK(cudaEventCreateWithFlags(&slot.copied, cudaEventDisableTiming));
        } else {
            CUDA_CHECK(cudaEventSynchronize(slot.copied));
        }
        const uint64_t n = std::min(slot_bytes, n_bytes - at);
        std::memcpy(slot.memory, static_cast<const char*>(from) + at, n);
        CUDA_CHECK(cudaMemcpyAsync(static_cast<char*>(to) + at, slot.memory, n, cudaMemcpyHostToDevice, stream));
        CUDA_CHECK(cudaEventRecord(slot.copied, stream));
    }
}

} // namespace conclave::cuda
