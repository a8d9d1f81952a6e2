#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace conclave::emulated
{

/// Who touched a word last. Of two threads of one block only a barrier between them gives an order (of one warp also a
/// __syncwarp); two blocks of one launch have none.
struct Stamp {
    uint64_t block = 0;         ///< counted over all launches, from 1
    uint32_t interval = 0;      ///< barriers that the block had passed
    uint16_t warp_interval = 0; ///< and since then the warp
    uint16_t thread = 0;
};

/// The accesses to one place that a later one may conflict with.
class AccessHistory
{
public:
    /// Null, or the earlier access that races with this one. Blocks before `first_block` do not matter.
    const Stamp* note(const Stamp& now, bool writes, uint64_t first_block);

private:
    Stamp m_write, m_read, m_other_read; ///< the last two readers: a writer races with one that is not itself
};

/// Device memory: one piece that cudaMalloc gave, or a part of it that carve() set apart.
struct Allocation {
    std::byte* begin = nullptr;
    size_t n_bytes = 0;
    bool carved = false;              ///< only its parts may be accessed
    AccessHistory* history = nullptr; ///< [n_bytes / 4], from a kernel's first write on

    bool contains(const void* p, size_t n) const
    {
        return p >= begin && static_cast<const std::byte*>(p) + n <= begin + n_bytes;
    }
    /// The history of the word at p, made when this is a write.
    AccessHistory* history_of(const void* p, bool writes);
};

constexpr size_t total_memory = size_t{256} << 20;

/// Null when no memory is left.
void* allocate(size_t n_bytes);
/// False when p is not the start of an allocation.
bool release(void* p);
size_t allocated_bytes();
/// The allocation or part that holds the byte at p; null when none does.
Allocation* find_allocation(const void* p);
/// Where p lies relative to the nearest allocation below it, for a message.
std::string describe_address(const void* p);

/// Declares [p, p + n_bytes) a buffer of its own inside an arena: from now on bytes of the arena that are in no such
/// buffer are out of bounds. Its bytes become 0xFF.
void carve(void* p, size_t n_bytes);

} // namespace conclave::emulated
