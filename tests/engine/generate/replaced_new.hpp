#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

/// Routes every allocation of the program through allocate(n, alignment), which the one file that includes this defines
/// before it; alignment 0: the ordinary one. Memory goes back to free().
void* operator new(std::size_t n)
{
    return allocate(n, 0);
}
void* operator new(std::size_t n, std::align_val_t alignment)
{
    return allocate(n, static_cast<std::size_t>(alignment));
}
// The sanitizers' own would not call those above.
void* operator new(std::size_t n, const std::nothrow_t&) noexcept
{
    try {
        return operator new(n);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
void* operator new(std::size_t n, std::align_val_t alignment, const std::nothrow_t&) noexcept
{
    try {
        return operator new(n, alignment);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
void operator delete(void* memory) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept
{
    std::free(memory);
}
