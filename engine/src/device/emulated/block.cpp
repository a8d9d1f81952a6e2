#include "device/emulated/block.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <format>
#include <string_view>

namespace conclave::emulated
{

namespace
{

// The model of executables: what a library would use by itself is a call.
thread_local BlockRunner* current_runner __attribute__((tls_model("initial-exec"))) = nullptr;

std::string at(const std::source_location& where)
{
    const std::string_view path = where.file_name();
    return std::format("{}:{}", path.substr(path.rfind('/') + 1), where.line());
}

// What the linker puts around this library in memory: constant tables lie there.
extern "C" const char __ehdr_start __attribute__((visibility("hidden")));
extern "C" const char end __attribute__((visibility("hidden")));

bool in_this_library(const void* p)
{
    return p >= &__ehdr_start && p < &end;
}

} // namespace

BlockRunner* running()
{
    return current_runner;
}

BlockRunner::BlockRunner()
    : m_stacks(std::make_unique_for_overwrite<Stack[]>(max_threads)), m_shared(std::make_unique<Shared>()),
      m_shared_history(max_shared_bytes)
{
}

uint3 BlockRunner::thread_index() const
{
    return m_threads[m_current].index;
}

uint3 BlockRunner::block_index() const
{
    return m_block;
}

dim3 BlockRunner::block_shape() const
{
    return m_launch->block;
}

dim3 BlockRunner::grid_shape() const
{
    return m_launch->grid;
}

uint32_t BlockRunner::lane() const
{
    return m_current % warp_size;
}

std::string BlockRunner::run(const Launch& launch)
{
    const uint64_t n = uint64_t{launch.block.x} * launch.block.y * launch.block.z;
    if (n < 1 || n > max_threads)
        return std::format("kernel {} was launched with {} threads a block, outside 1 to {}", launch.name, n,
                           max_threads);
    m_launch = &launch;
    m_threads.resize(n);
    m_warps.resize((n + warp_size - 1) / warp_size);
    m_first_serial = m_serial + 1;
    m_fault.clear();
    current_runner = this;
    for (m_block.z = 0; m_block.z < launch.grid.z && m_fault.empty(); ++m_block.z)
        for (m_block.y = 0; m_block.y < launch.grid.y && m_fault.empty(); ++m_block.y)
            for (m_block.x = 0; m_block.x < launch.grid.x && m_fault.empty(); ++m_block.x)
                run_block();
    current_runner = nullptr;
    return m_fault;
}

void BlockRunner::run_block()
{
    ++m_serial;
    m_interval = 0;
    m_n_shared = 0;
    std::fill(m_warps.begin(), m_warps.end(), Warp());
    for (uint32_t i = 0; i < n_threads(); ++i) {
        const dim3& shape = m_launch->block;
        m_threads[i] = {.fiber = {}, .index = {i % shape.x, i / shape.x % shape.y, i / shape.x / shape.y}, .where = {}};
        m_threads[i].fiber.start(&m_stacks[i] + 1, &BlockRunner::enter, this);
    }
    const auto done = [](const Thread& thread) { return thread.waits == Waits::done; };
    while (m_fault.empty() && !std::ranges::all_of(m_threads, done)) {
        bool progress = false;
        for (uint32_t w = 0; w < m_warps.size() && m_fault.empty(); ++w)
            progress |= run_warp(w);
        if (m_fault.empty() && !release_barrier() && !progress)
            check_parted();
    }
}

void BlockRunner::enter(void* self)
{
    auto& runner = *static_cast<BlockRunner*>(self);
    runner.m_launch->call(runner.m_launch->arguments);
    runner.wait(Waits::done, {});
}

/// Runs the lanes of a warp, through all its own collectives, until each waits for the block or is done.
bool BlockRunner::run_warp(uint32_t warp)
{
    bool progress = false;
    const uint32_t first = warp * warp_size, last = std::min(first + warp_size, n_threads());
    do {
        for (m_current = first; m_current < last && m_fault.empty(); ++m_current)
            if (m_threads[m_current].waits == Waits::no) {
                m_threads[m_current].fiber.resume();
                progress = true;
            }
    } while (m_fault.empty() && complete_collective(warp));
    return progress;
}

/// When all lanes that a waiting lane named wait for the same, they have exchanged their values and go on.
bool BlockRunner::complete_collective(uint32_t warp)
{
    const uint32_t first = warp * warp_size, last = std::min(first + warp_size, n_threads());
    bool any = false;
    for (uint32_t i = first; i < last; ++i) {
        const Thread& leader = m_threads[i];
        if (leader.waits != Waits::for_warp)
            continue;
        const auto arrived = [&](uint32_t lane) {
            return first + lane < last && m_threads[first + lane].waits == Waits::for_warp &&
                   m_threads[first + lane].mask == leader.mask;
        };
        bool all = true;
        for (uint32_t lane = 0; lane < warp_size; ++lane)
            all = all && (!(leader.mask >> lane & 1u) || arrived(lane));
        for (uint32_t lane = 0; all && lane < warp_size; ++lane)
            if (leader.mask >> lane & 1u) {
                m_warps[warp].given[lane] = m_threads[first + lane].value;
                m_threads[first + lane].waits = Waits::no;
            }
        m_warps[warp].interval += all && leader.orders_memory;
        any = any || all;
    }
    return any;
}

bool BlockRunner::release_barrier()
{
    for (const Thread& thread : m_threads)
        if (thread.waits != Waits::for_block || thread.where.line() != m_threads[0].where.line())
            return false;
    for (Thread& thread : m_threads)
        thread.waits = Waits::no;
    ++m_interval;
    for (Warp& warp : m_warps)
        warp.interval = 0;
    return true;
}

/// Nobody can go on: says who waits where.
void BlockRunner::check_parted()
{
    const auto waiting = std::ranges::find_if(m_threads, [](const Thread& t) { return t.waits != Waits::done; });
    const auto other = std::ranges::find_if(m_threads, [&](const Thread& t) {
        return t.waits != waiting->waits || t.where.line() != waiting->where.line() || t.mask != waiting->mask;
    });
    const auto number = [&](const auto& found) { return static_cast<uint32_t>(found - m_threads.begin()); };
    m_fault = std::format("{} waits at {} for threads that never come", place(number(waiting)), at(waiting->where));
    if (other != m_threads.end())
        m_fault += std::format(": thread {} {}", number(other),
                               other->waits == Waits::done ? "has left the kernel"
                                                           : std::format("waits at {}", at(other->where)));
    m_fault += " (divergent barrier)";
}

void BlockRunner::wait(Waits waits, std::source_location where)
{
    Thread& self = m_threads[m_current];
    self.waits = waits;
    self.where = where;
    self.fiber.suspend();
}

void BlockRunner::barrier(std::source_location where)
{
    wait(Waits::for_block, where);
}

void BlockRunner::warp_wait(uint32_t mask, uint64_t value, bool orders_memory, std::source_location where)
{
    Thread& self = m_threads[m_current];
    if (!(mask >> (m_current % warp_size) & 1u))
        fault(std::format("is not in the mask {:#x} of its own collective at {}", mask, at(where)));
    self.mask = mask;
    self.value = value;
    self.orders_memory = orders_memory;
    wait(Waits::for_warp, where);
}

uint64_t BlockRunner::exchange(uint32_t mask, uint64_t value, uint32_t source, std::source_location where)
{
    warp_wait(mask, value, false, where);
    if (!(mask >> source & 1u))
        fault(std::format("asks lane {} at {}, which its mask {:#x} leaves out", source, at(where), mask));
    return m_warps[m_current / warp_size].given[source];
}

float BlockRunner::warp_sum(float value, std::source_location where)
{
    warp_wait(0xFFFFFFFFu, std::bit_cast<uint32_t>(value), false, where);
    float all[warp_size];
    for (int lane = 0; lane < warp_size; ++lane)
        all[lane] = std::bit_cast<float>(static_cast<uint32_t>(m_warps[m_current / warp_size].given[lane]));
    for (int step = warp_size / 2; step > 0; step /= 2)
        for (int lane = 0; lane < step; ++lane)
            all[lane] += all[lane + step];
    return all[0];
}

uint32_t BlockRunner::vote(uint32_t mask, bool value, std::source_location where)
{
    warp_wait(mask, value, false, where);
    uint32_t votes = 0;
    for (uint32_t lane = 0; lane < warp_size; ++lane)
        if (mask >> lane & 1u && m_warps[m_current / warp_size].given[lane])
            votes |= 1u << lane;
    return votes;
}

void BlockRunner::warp_barrier(uint32_t mask, std::source_location where)
{
    warp_wait(mask, 0, true, where);
}

std::byte* BlockRunner::shared(size_t n_bytes)
{
    if (n_bytes > max_shared_bytes)
        fault(std::format("declares {} bytes of shared memory; a block has {}", n_bytes, max_shared_bytes));
    if (m_n_shared != 0 && m_n_shared != n_bytes)
        fault("declares shared memory a second time; put all of it into one struct");
    if (m_n_shared == 0)
        std::memset(m_shared->bytes, 0xFF, n_bytes);
    m_n_shared = n_bytes;
    return m_shared->bytes;
}

Stamp BlockRunner::now() const
{
    return {m_serial, m_interval, m_warps[m_current / warp_size].interval, static_cast<uint16_t>(m_current)};
}

void BlockRunner::access(const void* p, size_t n_bytes, bool writes, bool whole)
{
    if (whole && (reinterpret_cast<uintptr_t>(p) & (n_bytes - 1)) != 0)
        fault(std::format("{} {} bytes at a misaligned address, {}", writes ? "writes" : "reads", n_bytes,
                          describe_address(p)));
    check_access(p, n_bytes, writes);
}

void BlockRunner::check_access(const void* p, size_t n_bytes, bool writes)
{
    const auto* byte = static_cast<const std::byte*>(p);
    const auto inside = [&](const void* begin, size_t size) {
        const auto* first = static_cast<const std::byte*>(begin);
        return byte >= first && byte + n_bytes <= first + size;
    };
    if (inside(&m_stacks[m_current], sizeof(Stack)))
        return;
    const std::byte* memory = m_shared->bytes;
    if (inside(memory, max_shared_bytes)) {
        if (!inside(memory, m_n_shared))
            fault(std::format("{} byte {} of {} of shared memory: out of bounds", writes ? "writes" : "reads",
                              byte - memory, m_n_shared));
        for (size_t i = 0; i < n_bytes; ++i)
            note(m_shared_history[static_cast<size_t>(byte - memory) + i], byte + i, writes, true);
        return;
    }
    if (Allocation* allocation = find_allocation(p); allocation && allocation->contains(p, n_bytes)) {
        for (size_t i = 0; i + 4 <= n_bytes; i += 4)
            if (AccessHistory* history = allocation->history_of(byte + i, writes))
                note(*history, byte + i, writes, false);
        return;
    }
    if (!writes && (inside(m_launch->arguments, m_launch->n_argument_bytes) || in_this_library(p)))
        return;
    fault(std::format("{} {} bytes at {}: out of bounds", writes ? "writes" : "reads", n_bytes, describe_address(p)));
}

void BlockRunner::note(AccessHistory& history, const void* p, bool writes, bool is_shared)
{
    const Stamp* earlier = history.note(now(), writes, is_shared ? m_serial : m_first_serial);
    if (!earlier)
        return;
    const std::string other = earlier->block == m_serial
                                  ? std::format("thread {}", earlier->thread)
                                  : std::format("block {} of the launch", earlier->block - m_first_serial);
    fault(std::format("{} {} that {} used, and nothing orders the two (race)", writes ? "writes" : "reads",
                      is_shared ? "shared memory" : describe_address(p), other));
}

std::string BlockRunner::place(uint32_t thread) const
{
    return std::format("kernel {}, block ({}, {}, {}): thread {}", m_launch->name, m_block.x, m_block.y, m_block.z,
                       thread);
}

/// Leaves the thread for good.
void BlockRunner::fault(const std::string& what)
{
    m_fault = place(m_current) + " " + what;
    m_threads[m_current].fiber.suspend();
    __builtin_unreachable();
}

} // namespace conclave::emulated
