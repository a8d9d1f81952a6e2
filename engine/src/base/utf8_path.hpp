#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace conclave
{

/// Text that people and files exchange is UTF-8 everywhere; Windows keeps paths in UTF-16. These two convert.
std::filesystem::path path_from_utf8(std::string_view text);
std::string utf8_from_path(const std::filesystem::path& path);

} // namespace conclave
