#pragma once

namespace conclave
{

/// Writes one line to stderr and aborts. The one place where the engine prints: the process is ending, and no sink,
/// lock or allocator can be trusted any more. Called through CONCLAVE_CHECK.
[[noreturn]] void check_failed(const char* what, const char* condition, const char* file, int line) noexcept;

} // namespace conclave

/// A broken invariant of our own code, never bad input (that is a Result). Never compiled out; costs one predicted
/// branch.
#define CONCLAVE_CHECK(condition, what)                                                                                \
    do {                                                                                                               \
        if (!(condition)) [[unlikely]]                                                                                 \
            ::conclave::check_failed(what, #condition, __FILE__, __LINE__);                                            \
    } while (false)
