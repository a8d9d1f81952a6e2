#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace conclave
{

/// PREFIX-00003-of-00012SUFFIX, as files of one model are numbered.
struct ShardName {
    std::string prefix;
    int64_t number = 0; ///< from 1
    int64_t count = 0;
};

/// nullopt for a name of another form. `suffix` has its dot.
std::optional<ShardName> parse_shard_name(std::string_view name, std::string_view suffix);

/// The name of one of the files.
std::string shard_name(std::string_view prefix, int64_t number, int64_t count, std::string_view suffix);

} // namespace conclave
