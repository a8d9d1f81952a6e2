#include "device/emulated/memory.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <format>
#include <map>

namespace conclave::emulated
{

namespace
{

constexpr size_t alignment = 256; // what cudaMalloc promises
constexpr size_t guard = 1024;    // bytes around an allocation that belong to nobody
constexpr int unwritten = 0xFF;

std::map<const std::byte*, Allocation> allocations, parts;
size_t n_allocated = 0;

/// What lies in each 256 bytes that were looked up lately: allocations and parts begin at such places.
struct Lookup {
    uintptr_t place = 0;
    Allocation* found = nullptr;
};
std::array<Lookup, 4096> lookups;

Allocation* find_in(std::map<const std::byte*, Allocation>& all, const void* p)
{
    auto after = all.upper_bound(static_cast<const std::byte*>(p));
    if (after == all.begin())
        return nullptr;
    Allocation& before = (--after)->second;
    return before.contains(p, 1) ? &before : nullptr;
}

bool races(const Stamp& earlier, const Stamp& now, uint64_t first_block)
{
    if (earlier.block != now.block)
        return earlier.block >= first_block;
    const bool same_warp = earlier.thread / 32 == now.thread / 32;
    return earlier.thread != now.thread && earlier.interval == now.interval &&
           (!same_warp || earlier.warp_interval == now.warp_interval);
}

} // namespace

const Stamp* AccessHistory::note(const Stamp& now, bool writes, uint64_t first_block)
{
    if (races(m_write, now, first_block))
        return &m_write;
    if (!writes) {
        if (m_read.thread != now.thread || m_read.block != now.block)
            m_other_read = m_read;
        m_read = now;
        return nullptr;
    }
    for (const Stamp* read : {&m_read, &m_other_read})
        if (races(*read, now, first_block))
            return read;
    m_write = now;
    return nullptr;
}

AccessHistory* Allocation::history_of(const void* p, bool writes)
{
    if (!history && writes)
        history = static_cast<AccessHistory*>(std::calloc(n_bytes / 4 + 1, sizeof(AccessHistory)));
    return history ? history + (static_cast<const std::byte*>(p) - begin) / 4 : nullptr;
}

void* allocate(size_t n_bytes)
{
    if (n_bytes > total_memory - n_allocated)
        return nullptr;
    const size_t rounded = (n_bytes + alignment - 1) / alignment * alignment;
    auto* memory = static_cast<std::byte*>(std::aligned_alloc(alignment, rounded + 2 * guard));
    if (!memory)
        return nullptr;
    std::memset(memory, unwritten, rounded + 2 * guard);
    lookups.fill({});
    allocations[memory + guard] = {memory + guard, n_bytes};
    n_allocated += n_bytes;
    return memory + guard;
}

bool release(void* p)
{
    const auto found = allocations.find(static_cast<const std::byte*>(p));
    if (found == allocations.end())
        return false;
    lookups.fill({});
    const Allocation gone = found->second;
    std::erase_if(parts, [&](const auto& part) {
        const bool inside = gone.contains(part.first, 0);
        if (inside)
            std::free(part.second.history);
        return inside;
    });
    n_allocated -= gone.n_bytes;
    std::free(gone.history);
    std::free(gone.begin - guard);
    allocations.erase(found);
    return true;
}

size_t allocated_bytes()
{
    return n_allocated;
}

Allocation* find_allocation(const void* p)
{
    const uintptr_t place = reinterpret_cast<uintptr_t>(p) / alignment;
    Lookup& lookup = lookups[place % lookups.size()];
    if (lookup.place == place)
        return lookup.found;
    Allocation* found = find_in(parts, p);
    if (!found)
        found = find_in(allocations, p);
    if (!found || found->carved)
        return nullptr;
    lookup = {place, found};
    return found;
}

std::string describe_address(const void* p)
{
    const auto* byte = static_cast<const std::byte*>(p);
    const Allocation* nearest = nullptr;
    for (const auto* all : {&allocations, &parts}) {
        const auto after = all->upper_bound(byte);
        if (after != all->begin() && byte < std::prev(after)->second.begin + std::prev(after)->second.n_bytes + guard)
            nearest = &std::prev(after)->second;
    }
    if (!nearest)
        return "an address that is no device memory";
    return std::format("byte {} of a buffer of {}", byte - nearest->begin, nearest->n_bytes);
}

void carve(void* p, size_t n_bytes)
{
    Allocation* whole = find_in(allocations, p);
    if (!whole || !whole->contains(p, n_bytes))
        std::abort(); // a buffer outside of its arena
    lookups.fill({});
    whole->carved = true;
    std::memset(p, unwritten, n_bytes);
    Allocation& part = parts[static_cast<const std::byte*>(p)];
    std::free(part.history);
    part = {static_cast<std::byte*>(p), n_bytes};
}

} // namespace conclave::emulated
