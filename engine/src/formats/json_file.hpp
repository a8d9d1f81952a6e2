#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "conclave/result.hpp"

namespace conclave
{

/// A model's largest JSON file is a vocabulary of some 35 MB.
constexpr uint64_t max_json_bytes = uint64_t{64} << 20;

/// `text` as JSON; `name` stands for it in errors. Errors: format, with the byte.
Result<nlohmann::json> parse_json(std::string_view text, const std::string& name);

/// A JSON file of at most max_json_bytes that holds an object. Errors: io, format.
Result<nlohmann::json> read_json_object(const std::filesystem::path& path);

/// The member `key` of an object when it is a string, else nothing.
std::string string_of(const nlohmann::json& object, const char* key);

} // namespace conclave
