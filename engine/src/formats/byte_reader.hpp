#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/load_le.hpp"

namespace conclave
{

/// A cursor over untrusted bytes: every read is checked against the end, a read that does not fit moves nothing and
/// gives nothing.
class ByteReader
{
public:
    explicit ByteReader(std::span<const uint8_t> bytes) : m_bytes(bytes) {}

    uint64_t offset() const { return m_offset; }
    uint64_t remaining() const { return m_bytes.size() - m_offset; }

    /// A number stored little-endian.
    template <class T>
    std::optional<T> number()
    {
        if (remaining() < sizeof(T))
            return std::nullopt;
        const T value = load_le<T>(m_bytes.data() + m_offset);
        m_offset += sizeof(T);
        return value;
    }

    /// `n` bytes as text that views them.
    std::optional<std::string_view> text(uint64_t n)
    {
        if (remaining() < n)
            return std::nullopt;
        const std::string_view view(reinterpret_cast<const char*>(m_bytes.data() + m_offset), static_cast<size_t>(n));
        m_offset += n;
        return view;
    }

private:
    std::span<const uint8_t> m_bytes;
    uint64_t m_offset = 0;
};

} // namespace conclave
