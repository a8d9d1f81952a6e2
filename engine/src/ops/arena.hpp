#pragma once

#include <cstddef>
#include <cstdint>

#include "device/cuda.hpp"

namespace conclave::cuda
{

/// Hands out pieces of one allocation of a device, each at a multiple of 256 bytes; with none it only counts. The
/// emulation gives each piece bounds of its own.
class Arena
{
public:
    Arena() = default;
    explicit Arena(std::byte* memory) : m_memory(memory) {}

    template <class T>
    T* take(int64_t n)
    {
        const auto n_bytes = static_cast<size_t>(n) * sizeof(T);
        std::byte* piece = m_memory + m_used;
        m_used += (n_bytes + alignment - 1) / alignment * alignment + guard;
#ifdef CONCLAVE_CUDA_EMULATED
        if (m_memory && n_bytes > 0)
            emulated::carve(piece, n_bytes);
#endif
        return m_memory ? reinterpret_cast<T*>(piece) : nullptr;
    }
    uint64_t n_bytes() const { return m_used; }

private:
    static constexpr size_t alignment = 256;
#ifdef CONCLAVE_CUDA_EMULATED
    static constexpr size_t guard = 256;
#else
    static constexpr size_t guard = 0;
#endif
    std::byte* m_memory = nullptr;
    size_t m_used = 0;
};

} // namespace conclave::cuda
