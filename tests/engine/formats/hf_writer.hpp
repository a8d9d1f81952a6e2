#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace conclave
{

/// Writes files as Hugging Face publishes them.
class SafetensorsWriter
{
public:
    /// `shape` slowest first.
    SafetensorsWriter& add(const std::string& name, const std::string& dtype, const std::vector<uint64_t>& shape,
                           const std::vector<uint8_t>& bytes)
    {
        m_header[name] = {
            {"dtype", dtype}, {"shape", shape}, {"data_offsets", {m_data.size(), m_data.size() + bytes.size()}}};
        m_data.insert(m_data.end(), bytes.begin(), bytes.end());
        return *this;
    }
    SafetensorsWriter& add(const std::string& name, const std::vector<uint64_t>& shape,
                           const std::vector<float>& values)
    {
        std::vector<uint8_t> bytes(values.size() * sizeof(float));
        std::memcpy(bytes.data(), values.data(), bytes.size());
        return add(name, "F32", shape, bytes);
    }
    /// For headers that no writer would make.
    nlohmann::json& header() { return m_header; }

    std::vector<uint8_t> bytes() const { return with_header(m_header.dump(), m_data); }

    static std::vector<uint8_t> with_header(const std::string& header, const std::vector<uint8_t>& data)
    {
        std::vector<uint8_t> out(sizeof(uint64_t));
        const uint64_t size = header.size();
        std::memcpy(out.data(), &size, sizeof size);
        out.insert(out.end(), header.begin(), header.end());
        out.insert(out.end(), data.begin(), data.end());
        return out;
    }

private:
    nlohmann::json m_header = {{"__metadata__", {{"format", "pt"}}}};
    std::vector<uint8_t> m_data;
};

template <class Bytes>
void write_file(const std::filesystem::path& path, const Bytes& bytes)
{
    std::filesystem::remove(path);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

} // namespace conclave
