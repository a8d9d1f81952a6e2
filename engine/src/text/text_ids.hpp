#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace conclave
{

/// Finds a vocabulary's ids by text. Built and read while a tokenizer is created, some 500,000 times for a large one: a
/// flat table of hashes and ids takes a third of the time of std::unordered_map.
class TextIds
{
public:
    /// Keeps a view of `texts`.
    explicit TextIds(std::span<const std::string> texts);

    /// The first id given for a text keeps it.
    void add(int32_t id);
    /// -1: none.
    int32_t find(std::string_view text) const;

private:
    struct Slot {
        uint32_t hash = 0;
        int32_t id = -1;
    };
    size_t slot_of(std::string_view text, uint32_t hash) const;

    std::span<const std::string> m_texts;
    std::vector<Slot> m_slots; // open addressing, at most half full, size a power of two
};

} // namespace conclave
