#include "base/aligned_buffer.hpp"

#include <cstring>
#include <format>
#include <new>
#include <utility>

#ifdef _WIN32
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#else
#include <sys/mman.h>
#endif

namespace conclave
{

namespace
{

// Below this a mapping of its own costs more than it saves.
constexpr size_t large_size = size_t{1} << 20;
// Keeps rounding up to pages from overflowing.
constexpr size_t largest_size = SIZE_MAX / 2;

std::byte* allocate_large(size_t n_bytes, [[maybe_unused]] AlignedBuffer::Pages pages)
{
#ifdef _WIN32
    // Large pages need a privilege that few accounts hold: not asked for.
    return static_cast<std::byte*>(VirtualAlloc(nullptr, n_bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
#else
    void* p = mmap(nullptr, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return nullptr;
#ifdef MADV_HUGEPAGE
    if (pages == AlignedBuffer::Pages::huge)
        madvise(p, n_bytes, MADV_HUGEPAGE);
#endif
    return static_cast<std::byte*>(p);
#endif
}

} // namespace

Result<AlignedBuffer> AlignedBuffer::allocate(size_t n_bytes, Pages pages)
{
    AlignedBuffer buffer;
    if (n_bytes == 0)
        return buffer;
    if (n_bytes >= large_size && n_bytes <= largest_size) {
        buffer.m_data = allocate_large(n_bytes, pages);
    } else if (n_bytes < large_size) {
        buffer.m_data = static_cast<std::byte*>(::operator new(n_bytes, std::align_val_t{alignment}, std::nothrow));
        if (buffer.m_data)
            std::memset(buffer.m_data, 0, n_bytes);
    }
    if (!buffer.m_data)
        return Error{
            ErrorCode::out_of_memory,
            std::format("The system has no {} MiB of memory to give; close other programs or ask for a smaller "
                        "context.",
                        (n_bytes >> 20) + 1)};
    buffer.m_size = n_bytes;
    return buffer;
}

AlignedBuffer::AlignedBuffer(AlignedBuffer&& other) noexcept
    : m_data(std::exchange(other.m_data, nullptr)), m_size(std::exchange(other.m_size, 0))
{
}

AlignedBuffer& AlignedBuffer::operator=(AlignedBuffer&& other) noexcept
{
    if (this != &other) {
        release();
        m_data = std::exchange(other.m_data, nullptr);
        m_size = std::exchange(other.m_size, 0);
    }
    return *this;
}

AlignedBuffer::~AlignedBuffer()
{
    release();
}

void AlignedBuffer::release() noexcept
{
    if (!m_data)
        return;
    if (m_size < large_size) {
        ::operator delete(m_data, std::align_val_t{alignment});
    } else {
#ifdef _WIN32
        VirtualFree(m_data, 0, MEM_RELEASE);
#else
        munmap(m_data, m_size);
#endif
    }
    m_data = nullptr;
    m_size = 0;
}

} // namespace conclave
