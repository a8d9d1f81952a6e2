#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

#include "device/emulated/fiber.hpp"
#include "device/emulated/memory.hpp"
#include "device/emulated/runtime.hpp"

struct uint3 {
    uint32_t x, y, z;
};

namespace conclave::emulated
{

/// One kernel launch.
struct Launch {
    const char* name;
    dim3 grid, block;
    void (*call)(const void* arguments); ///< the kernel, as one thread runs it
    const void* arguments;
    size_t n_argument_bytes;
};

constexpr int warp_size = 32;
constexpr int max_threads = 1024;
constexpr size_t max_shared_bytes = 48 * 1024;

/// One block at a time: its threads are fibers of the calling host thread, run in order of index, each until it waits
/// for others. A fault ends the launch; what its threads held on their stacks is dropped.
class BlockRunner
{
public:
    BlockRunner();

    /// Runs every block, in order of index; returns what went wrong, or nothing. Not reentrant.
    std::string run(const Launch& launch);

    // Called by the running thread of the running block. None is inline: compiled with a kernel, they would be checked
    // as parts of it.
    uint3 thread_index() const;
    uint3 block_index() const;
    dim3 block_shape() const;
    dim3 grid_shape() const;
    uint32_t lane() const;
    void barrier(std::source_location where);
    /// Waits for the lanes of `mask`; returns what lane `source` of the warp gave.
    uint64_t exchange(uint32_t mask, uint64_t value, uint32_t source, std::source_location where);
    /// The sum over the whole warp in the order of five __shfl_xor_sync, lane distance 16 first.
    float warp_sum(float value, std::source_location where = std::source_location::current());
    /// The lanes of `mask` that gave true.
    uint32_t vote(uint32_t mask, bool value, std::source_location where);
    void warp_barrier(uint32_t mask, std::source_location where);
    std::byte* shared(size_t n_bytes);
    /// Every load and store of a kernel passes here.
    void access(const void* p, size_t n_bytes, bool writes, bool whole);

private:
    enum class Waits { no, for_block, for_warp, done };
    struct Thread {
        Fiber fiber;
        uint3 index;
        Waits waits = Waits::no;
        uint32_t mask = 0;
        uint64_t value = 0;
        bool orders_memory = false;
        std::source_location where;
    };
    struct alignas(16) Stack {
        std::byte bytes[64 * 1024 + 576]; // no power of two apart: the tops would share one set of the cache
    };
    struct alignas(16) Shared {
        std::byte bytes[max_shared_bytes];
    };
    struct Warp {
        uint64_t given[warp_size];
        uint16_t interval;
    };

    static void enter(void* self);
    void run_block();
    bool run_warp(uint32_t warp);
    bool complete_collective(uint32_t warp);
    bool release_barrier();
    void check_parted();
    void wait(Waits waits, std::source_location where);
    void warp_wait(uint32_t mask, uint64_t value, bool orders_memory, std::source_location where);
    void check_access(const void* p, size_t n_bytes, bool writes);
    void note(AccessHistory& history, const void* p, bool writes, bool is_shared);
    std::string place(uint32_t thread) const;
    [[noreturn]] void fault(const std::string& what);
    Stamp now() const;
    uint32_t n_threads() const { return static_cast<uint32_t>(m_threads.size()); }

    const Launch* m_launch = nullptr;
    uint3 m_block = {};
    uint64_t m_serial = 0, m_first_serial = 0;
    uint32_t m_interval = 0;
    std::vector<Thread> m_threads;
    std::vector<Warp> m_warps;
    uint32_t m_current = 0;
    std::string m_fault;
    std::unique_ptr<Stack[]> m_stacks; ///< [max_threads]
    std::unique_ptr<Shared> m_shared;
    size_t m_n_shared = 0;
    std::vector<AccessHistory> m_shared_history; ///< [max_shared_bytes], one for each byte
};

/// The runner whose block the calling code is a thread of; null on the host.
BlockRunner* running();

} // namespace conclave::emulated
