#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace conclave
{

/// Writes small GGUF files for tests: sound ones, and through raw() and its public fields broken ones.
class GgufWriter
{
public:
    uint32_t version = 3;
    uint64_t alignment = 32; ///< written as general.alignment when it is not the default

    /// bool, integers (by their width), float, double, strings, and vectors of these.
    template <class T>
    GgufWriter& add_kv(std::string_view key, const T& value)
    {
        if constexpr (std::is_convertible_v<const T&, std::string_view>) {
            begin_kv(key, 8);
            put_text(m_kv, value);
        } else if constexpr (std::is_arithmetic_v<T>) {
            begin_kv(key, type_id<T>());
            put(m_kv, value);
        } else {
            using Element = typename T::value_type;
            begin_kv(key, 9);
            if constexpr (std::is_convertible_v<const Element&, std::string_view>) {
                put(m_kv, uint32_t{8});
                put(m_kv, static_cast<uint64_t>(value.size()));
                for (const auto& text : value)
                    put_text(m_kv, text);
            } else {
                put(m_kv, type_id<Element>());
                put(m_kv, static_cast<uint64_t>(value.size()));
                for (const Element element : value)
                    put(m_kv, element);
            }
        }
        return *this;
    }

    /// A key whose type and bytes are given as they are.
    GgufWriter& add_raw_kv(std::string_view key, uint32_t type, std::span<const uint8_t> bytes)
    {
        begin_kv(key, type);
        m_kv.insert(m_kv.end(), bytes.begin(), bytes.end());
        return *this;
    }

    /// `dims` as GGUF has them, the contiguous one first; `bytes` are the tensor's content.
    GgufWriter& add_tensor(std::string_view name, std::vector<uint64_t> dims, uint32_t type,
                           std::span<const uint8_t> bytes)
    {
        m_data.resize((m_data.size() + alignment - 1) / alignment * alignment);
        add_tensor_at(name, dims, type, m_data.size());
        m_data.insert(m_data.end(), bytes.begin(), bytes.end());
        return *this;
    }

    /// F32 content, for what is easiest to check.
    GgufWriter& add_tensor(std::string_view name, std::vector<uint64_t> dims, const std::vector<float>& values)
    {
        return add_tensor(name, std::move(dims), 0,
                          {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(float)});
    }

    /// An entry of the table alone, at any offset.
    GgufWriter& add_tensor_at(std::string_view name, const std::vector<uint64_t>& dims, uint32_t type, uint64_t offset)
    {
        put_text(m_tensors, name);
        put(m_tensors, static_cast<uint32_t>(dims.size()));
        for (const uint64_t dim : dims)
            put(m_tensors, dim);
        put(m_tensors, type);
        put(m_tensors, offset);
        ++m_n_tensors;
        return *this;
    }

    std::vector<uint8_t> bytes() const
    {
        GgufWriter head;
        if (alignment != 32)
            head.add_kv("general.alignment", static_cast<uint32_t>(alignment));
        std::vector<uint8_t> out = {'G', 'G', 'U', 'F'};
        put(out, version);
        put(out, m_n_tensors);
        put(out, m_n_kv + head.m_n_kv);
        for (const std::vector<uint8_t>* part : {&std::as_const(head.m_kv), &m_kv, &m_tensors})
            out.insert(out.end(), part->begin(), part->end());
        out.resize((out.size() + alignment - 1) / alignment * alignment);
        out.insert(out.end(), m_data.begin(), m_data.end());
        return out;
    }

    void write(const std::filesystem::path& path) const { write_bytes(path, bytes()); }

    static void write_bytes(const std::filesystem::path& path, std::span<const uint8_t> bytes)
    {
        std::filesystem::remove(path); // to truncate a file and write it anew waits for the disk on some systems
        std::ofstream(path, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }

private:
    template <class T>
    static constexpr uint32_t type_id()
    {
        if constexpr (std::is_same_v<T, bool>)
            return 7;
        else if constexpr (std::is_same_v<T, float>)
            return 6;
        else if constexpr (std::is_same_v<T, double>)
            return 12;
        else if constexpr (sizeof(T) == 1)
            return std::is_signed_v<T> ? 1 : 0;
        else if constexpr (sizeof(T) == 2)
            return std::is_signed_v<T> ? 3 : 2;
        else if constexpr (sizeof(T) == 4)
            return std::is_signed_v<T> ? 5 : 4;
        else
            return std::is_signed_v<T> ? 11 : 10;
    }

    template <class T>
    static void put(std::vector<uint8_t>& out, T value)
    {
        uint8_t bytes[sizeof value];
        std::memcpy(bytes, &value, sizeof value);
        out.insert(out.end(), bytes, bytes + sizeof value);
    }
    static void put_text(std::vector<uint8_t>& out, std::string_view text)
    {
        put(out, static_cast<uint64_t>(text.size()));
        out.insert(out.end(), text.begin(), text.end());
    }
    void begin_kv(std::string_view key, uint32_t type)
    {
        put_text(m_kv, key);
        put(m_kv, type);
        ++m_n_kv;
    }

    std::vector<uint8_t> m_kv, m_tensors, m_data;
    uint64_t m_n_kv = 0, m_n_tensors = 0;
};

} // namespace conclave
