#include "text/text_ids.hpp"

#include <bit>
#include <functional>

namespace conclave
{
namespace
{

uint32_t hash_of(std::string_view text)
{
    return static_cast<uint32_t>(std::hash<std::string_view>{}(text));
}

} // namespace

TextIds::TextIds(std::span<const std::string> texts) : m_texts(texts), m_slots(std::bit_ceil(2 * texts.size() + 2)) {}

/// The slot that holds `text`, or the empty one where it would go.
size_t TextIds::slot_of(std::string_view text, uint32_t hash) const
{
    size_t slot = hash & (m_slots.size() - 1);
    while (m_slots[slot].id >= 0 &&
           (m_slots[slot].hash != hash || m_texts[static_cast<size_t>(m_slots[slot].id)] != text)) {
        slot = (slot + 1) & (m_slots.size() - 1);
    }
    return slot;
}

void TextIds::add(int32_t id)
{
    const std::string& text = m_texts[static_cast<size_t>(id)];
    const uint32_t hash = hash_of(text);
    Slot& slot = m_slots[slot_of(text, hash)];
    if (slot.id < 0) {
        slot = {hash, id};
    }
}

int32_t TextIds::find(std::string_view text) const
{
    return m_slots[slot_of(text, hash_of(text))].id;
}

} // namespace conclave
