#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "conclave/result.hpp"

namespace conclave
{

/// Zeroed memory at a multiple of 64 bytes (a cache line, and the widest vector). Movable. Large buffers come straight
/// from the system, so that their pages cost nothing until they are touched.
class AlignedBuffer
{
public:
    static constexpr size_t alignment = 64;

    /// Huge pages are a request: what is walked every token (caches, scratch) gains 5-10 % from fewer TLB misses.
    enum class Pages { normal, huge };

    AlignedBuffer() = default;
    /// out_of_memory when the system has none to give.
    static Result<AlignedBuffer> allocate(size_t n_bytes, Pages pages = Pages::normal);

    AlignedBuffer(AlignedBuffer&& other) noexcept;
    AlignedBuffer& operator=(AlignedBuffer&& other) noexcept;
    ~AlignedBuffer();

    std::byte* data() const { return m_data; }
    /// As asked for; what the system holds for it is less than a page (huge: 2 MiB) more.
    size_t n_bytes() const { return m_size; }

    /// The buffer as whole elements of T.
    template <class T>
        requires std::is_trivially_copyable_v<T>
    std::span<T> as() const
    {
        return {reinterpret_cast<T*>(m_data), m_size / sizeof(T)};
    }

private:
    void release() noexcept;

    std::byte* m_data = nullptr;
    size_t m_size = 0;
};

} // namespace conclave
