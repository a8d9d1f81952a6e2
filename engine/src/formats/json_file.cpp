#include "formats/json_file.hpp"

#include <format>

#include "base/mapped_file.hpp"
#include "base/utf8_path.hpp"

namespace conclave
{

Result<nlohmann::json> parse_json(std::string_view text, const std::string& name)
{
    try {
        return nlohmann::json::parse(text);
    } catch (const nlohmann::json::exception& error) {
        // The library's sentence is for its callers; the place is what helps.
        const auto* syntax = dynamic_cast<const nlohmann::json::parse_error*>(&error);
        return Error{ErrorCode::format, std::format("{} is no valid JSON{}; download it again.", name,
                                                    syntax ? std::format(" at byte {}", syntax->byte) : "")};
    }
}

Result<nlohmann::json> read_json_object(const std::filesystem::path& path)
{
    const std::string name = utf8_from_path(path);
    const auto file = MappedFile::open(path);
    if (!file)
        return file.error();
    const auto bytes = file->bytes();
    if (bytes.size() > max_json_bytes)
        return Error{ErrorCode::format,
                     std::format("{} has {} bytes, more than the {} of any model's; download it again.", name,
                                 bytes.size(), max_json_bytes)};
    auto json = parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, name);
    if (json && !json->is_object())
        return Error{ErrorCode::format, std::format("{} holds no JSON object; download it again.", name)};
    return json;
}

std::string string_of(const nlohmann::json& object, const char* key)
{
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

} // namespace conclave
