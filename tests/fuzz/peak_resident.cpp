#include "peak_resident.hpp"

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace
{

std::optional<size_t> resident_at_start;

/// A field of /proc/self/status in bytes; it allocates nothing, which would be measured.
std::optional<size_t> status_field(const char* name)
{
    char text[4096];
    const int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return std::nullopt;
    const ssize_t n = read(file, text, sizeof text - 1);
    close(file);
    text[n > 0 ? n : 0] = 0;
    const char* found = std::strstr(text, name);
    if (!found)
        return std::nullopt;
    return std::strtoull(found + std::strlen(name), nullptr, 10) * 1024; // "VmHWM:     1234 kB"
}

} // namespace

void conclave::reset_peak_resident()
{
    // Fixed, because glibc raises it with every large block that is freed, and keeps such blocks from then on.
    static const int fixed = mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    static_cast<void>(fixed);
    malloc_trim(0);
    resident_at_start.reset();
    const int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return;
    if (write(file, "5", 1) == 1) // 5: the high-water mark alone
        resident_at_start = status_field("VmRSS:");
    close(file);
}

std::optional<size_t> conclave::peak_resident()
{
    const std::optional<size_t> peak = status_field("VmHWM:");
    if (!peak || !resident_at_start)
        return std::nullopt;
    return *peak > *resident_at_start ? *peak - *resident_at_start : 0;
}

#else

void conclave::reset_peak_resident() {}
std::optional<size_t> conclave::peak_resident()
{
    return std::nullopt;
}

#endif
