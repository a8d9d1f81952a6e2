#include "peak_memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <malloc.h>

namespace
{

// One thread allocates in a fuzz run.
size_t held = 0;
size_t held_at_start = 0;
size_t most_held = 0;

} // namespace

void* operator new(size_t n)
{
    void* p = std::malloc(std::max<size_t>(n, 1));
    if (!p)
        throw std::bad_alloc();
    held += malloc_usable_size(p);
    most_held = std::max(most_held, held);
    return p;
}

void operator delete(void* p) noexcept
{
    if (p)
        held -= malloc_usable_size(p);
    std::free(p);
}

void operator delete(void* p, size_t) noexcept
{
    operator delete(p);
}

void conclave::reset_peak_memory()
{
    held_at_start = most_held = held;
}
std::optional<size_t> conclave::peak_memory()
{
    return most_held - held_at_start;
}

#else

void conclave::reset_peak_memory() {}
std::optional<size_t> conclave::peak_memory()
{
    return std::nullopt;
}

#endif
