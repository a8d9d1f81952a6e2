#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace conclave
{

/// Hands out pieces of one reserved buffer, each at a multiple of 64 bytes; with no buffer it only counts, so that an
/// op and prepare() share one description of what the op needs. Pieces are not to be touched unless fits().
class Scratch
{
public:
    Scratch() = default;
    explicit Scratch(std::span<std::byte> memory) : m_memory(memory) {}

    template <class T>
        requires std::is_trivially_copyable_v<T>
    T* take(int64_t n)
    {
        const size_t begin = m_used;
        m_used += (static_cast<size_t>(n) * sizeof(T) + 63) / 64 * 64;
        return fits() ? reinterpret_cast<T*>(m_memory.data() + begin) : nullptr;
    }
    size_t n_bytes() const { return m_used; }
    bool fits() const { return m_used <= m_memory.size(); }

private:
    std::span<std::byte> m_memory;
    size_t m_used = 0;
};

} // namespace conclave
