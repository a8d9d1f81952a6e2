#include "base/mapped_file_fault.hpp"

#ifdef _WIN32

namespace conclave
{

int watch_mapping(const void*, size_t) noexcept
{
    return 0;
}
void unwatch_mapping(int) noexcept {}
bool mapping_lost(int) noexcept
{
    return false;
}

} // namespace conclave

#else

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace conclave
{

namespace
{

enum class Use : int { free, filling, used };

// Atomics only: the handler may run at any instruction of any thread and must not lock.
struct Slot {
    std::atomic<Use> use{Use::free};
    std::atomic<uintptr_t> begin{0};
    std::atomic<uintptr_t> end{0};
    std::atomic<bool> lost{false};
};

// A signal handler has no context argument, so this table is the one global of the engine.
std::array<Slot, max_mapped_files> slots;
uintptr_t page_size = 4096;
struct sigaction previous_action;

void pass_on(int signal, siginfo_t* info, void* context)
{
    if ((previous_action.sa_flags & SA_SIGINFO) && previous_action.sa_sigaction) {
        previous_action.sa_sigaction(signal, info, context);
        return;
    }
    if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN) {
        previous_action.sa_handler(signal);
        return;
    }
    // The default ends the process: put it back and let the instruction fault again.
    struct sigaction action = {};
    action.sa_handler = SIG_DFL;
    sigaction(signal, &action, nullptr);
}

void on_bus_error(int signal, siginfo_t* info, void* context)
{
    const int saved_errno = errno;
    const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
    for (Slot& slot : slots) {
        if (slot.use.load(std::memory_order_acquire) != Use::used)
            continue;
        const uintptr_t begin = slot.begin.load(std::memory_order_relaxed);
        const uintptr_t end = slot.end.load(std::memory_order_relaxed);
        if (address < begin || address >= end)
            continue;
        const uintptr_t page = address & ~(page_size - 1);
        slot.lost.store(true, std::memory_order_release);
        // All from here to the end: what lies behind the first lost page of a shrunk file is lost as well, and one
        // fault is cheaper than one per page. The raw call, because the C library's mmap may be wrapped by a sanitizer
        // whose bookkeeping is not made for handlers.
        const long mapped =
            syscall(SYS_mmap, page, end - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        errno = saved_errno;
        if (mapped != -1)
            return;
        break;
    }
    errno = saved_errno;
    pass_on(signal, info, context);
}

void install_handler()
{
    page_size = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    struct sigaction action = {};
    action.sa_sigaction = on_bus_error;
    // No SA_NODEFER: a fault inside the handler is a bug and should end the process. SA_ONSTACK for hosts that give
    // threads a signal stack.
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &previous_action);
}

} // namespace

int watch_mapping(const void* begin, size_t n_bytes) noexcept
{
    static std::once_flag installed;
    std::call_once(installed, install_handler);
    for (size_t i = 0; i < slots.size(); ++i) {
        Slot& slot = slots[i];
        Use expected = Use::free;
        if (!slot.use.compare_exchange_strong(expected, Use::filling, std::memory_order_acquire))
            continue;
        const auto address = reinterpret_cast<uintptr_t>(begin);
        slot.begin.store(address, std::memory_order_relaxed);
        slot.end.store((address + n_bytes + page_size - 1) & ~(page_size - 1), std::memory_order_relaxed);
        slot.lost.store(false, std::memory_order_relaxed);
        slot.use.store(Use::used, std::memory_order_release);
        return static_cast<int>(i);
    }
    return -1;
}

void unwatch_mapping(int slot) noexcept
{
    if (slot >= 0)
        slots[static_cast<size_t>(slot)].use.store(Use::free, std::memory_order_release);
}

bool mapping_lost(int slot) noexcept
{
    return slot >= 0 && slots[static_cast<size_t>(slot)].lost.load(std::memory_order_acquire);
}

} // namespace conclave

#endif
