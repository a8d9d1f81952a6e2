#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/load_le.hpp"

namespace conclave
{

/// Appends values little-endian; keeps its memory when cleared.
class ByteWriter
{
public:
    template <class T>
        requires std::is_arithmetic_v<T>
    void put(T value)
    {
        put_all(std::span<const T>(&value, 1));
    }
    template <class T>
    void put_all(std::span<const T> values)
    {
        const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
        m_bytes.insert(m_bytes.end(), bytes, bytes + values.size_bytes());
    }
    /// u32 size and the bytes.
    void put_text(std::string_view text)
    {
        put(static_cast<uint32_t>(text.size()));
        put_all(std::span<const char>(text));
    }
    /// u8 1 and the value, or u8 0.
    template <class T>
    void put_optional(const std::optional<T>& value)
    {
        put(static_cast<uint8_t>(value.has_value()));
        if (value) {
            put(*value);
        }
    }

    std::span<const uint8_t> bytes() const { return m_bytes; }
    void clear() { m_bytes.clear(); }

private:
    std::vector<uint8_t> m_bytes;
};

/// Reads what ByteWriter wrote from untrusted bytes: past the end, everything is zero and `failed` is true from then
/// on.
class ByteReader
{
public:
    explicit ByteReader(std::span<const uint8_t> bytes) : m_rest(bytes) {}

    bool failed() const { return m_failed; }
    size_t left() const { return m_rest.size(); }
    void fail() { m_failed = true; }

    template <class T>
    T get()
    {
        const auto bytes = take(sizeof(T));
        return bytes.empty() ? T{} : load_le<T>(bytes.data());
    }
    /// Allocates only what the bytes can fill.
    template <class T>
    std::vector<T> get_all(size_t n)
    {
        if (n > m_rest.size() / sizeof(T)) {
            m_failed = true;
            return {};
        }
        std::vector<T> values(n);
        copy_to(std::span<T>(values));
        return values;
    }
    std::string_view get_bytes(size_t n)
    {
        const auto bytes = take(n);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    std::string get_text() { return std::string(get_bytes(get<uint32_t>())); }
    template <class T>
    std::optional<T> get_optional()
    {
        const auto has = get<uint8_t>();
        return has != 0 ? std::optional<T>(get<T>()) : std::nullopt;
    }
    /// How many things follow; fails above `limit`, so that few bytes cannot ask for much memory.
    size_t get_count(size_t limit)
    {
        const size_t n = get<uint32_t>();
        m_failed = m_failed || n > limit;
        return m_failed ? 0 : n;
    }

private:
    std::span<const uint8_t> take(size_t n)
    {
        if (m_failed || n > m_rest.size()) {
            m_failed = true;
            return {};
        }
        const auto taken = m_rest.first(n);
        m_rest = m_rest.subspan(n);
        return taken;
    }
    template <class T>
    void copy_to(std::span<T> values)
    {
        const auto bytes = take(values.size_bytes());
        if (!bytes.empty()) {
            std::memcpy(values.data(), bytes.data(), bytes.size());
        }
    }

    std::span<const uint8_t> m_rest;
    bool m_failed = false;
};

} // namespace conclave
