#include <cstddef>

#include "device/emulated/block.hpp"

// Kernels are compiled with -fsanitize=thread, for its instrumentation alone: before each load and store the compiler
// calls one of these, and here they look whether a device could do it. On the host they do nothing.

namespace
{

void check(const void* p, size_t n_bytes, bool writes, bool whole)
{
    if (conclave::emulated::BlockRunner* runner = conclave::emulated::running())
        runner->access(p, n_bytes, writes, whole);
}

} // namespace

// clang-format off
extern "C" {
void __tsan_init() {}
void __tsan_read1(void* p) { check(p, 1, false, true); }
void __tsan_read2(void* p) { check(p, 2, false, true); }
void __tsan_read4(void* p) { check(p, 4, false, true); }
void __tsan_read8(void* p) { check(p, 8, false, true); }
void __tsan_read16(void* p) { check(p, 16, false, true); }
void __tsan_write1(void* p) { check(p, 1, true, true); }
void __tsan_write2(void* p) { check(p, 2, true, true); }
void __tsan_write4(void* p) { check(p, 4, true, true); }
void __tsan_write8(void* p) { check(p, 8, true, true); }
void __tsan_write16(void* p) { check(p, 16, true, true); }
void __tsan_read_range(void* p, size_t n) { check(p, n, false, false); }
void __tsan_write_range(void* p, size_t n) { check(p, n, true, false); }
void __tsan_vptr_update(void*, void*) {}
}
// clang-format on
