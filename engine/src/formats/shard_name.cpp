#include "formats/shard_name.hpp"

#include <charconv>
#include <format>
#include <system_error>

namespace conclave
{

std::optional<ShardName> parse_shard_name(std::string_view name, std::string_view suffix)
{
    constexpr std::string_view tail = "-00001-of-00001";
    if (!name.ends_with(suffix) || name.size() < tail.size() + suffix.size())
        return std::nullopt;
    name.remove_suffix(suffix.size());
    const std::string_view end = name.substr(name.size() - tail.size());
    if (end[0] != '-' || end.substr(6, 4) != "-of-")
        return std::nullopt;
    const auto digits = [](std::string_view text) -> std::optional<int64_t> {
        int64_t value = 0;
        const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || rest != text.data() + text.size())
            return std::nullopt;
        return value;
    };
    const auto number = digits(end.substr(1, 5));
    const auto count = digits(end.substr(10, 5));
    if (!number || !count)
        return std::nullopt;
    return ShardName{std::string(name.substr(0, name.size() - tail.size())), *number, *count};
}

std::string shard_name(std::string_view prefix, int64_t number, int64_t count, std::string_view suffix)
{
    return std::format("{}-{:05}-of-{:05}{}", prefix, number, count, suffix);
}

} // namespace conclave
