#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "model/opened.hpp"
#include "model/tiny_model.hpp"

namespace conclave::test
{

/// A copy of a golden model in which the number behind `key` (a u32) is another one.
inline std::filesystem::path with_number(const std::string& name, const std::string& key, uint32_t value)
{
    std::ifstream in(golden(name), std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    const size_t at = bytes.find(key);
    if (at == std::string::npos)
        throw std::runtime_error(name + " has no key " + key);
    std::memcpy(bytes.data() + at + key.size() + sizeof(uint32_t), &value, sizeof value); // behind the type
    const std::filesystem::path path = scratch_folder() / ("patched-" + name);
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

} // namespace conclave::test
