#include "formats/gguf_shards.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/utf8_path.hpp"
#include "formats/shard_name.hpp"

namespace conclave
{

namespace
{

namespace fs = std::filesystem;

std::optional<ShardName> parse_name(const fs::path& path)
{
    return parse_shard_name(utf8_from_path(path.filename()), ".gguf");
}

/// What a shard calls the others, for messages.
std::string expected_name(const std::optional<ShardName>& own, int64_t index, int64_t count)
{
    if (own)
        return shard_name(own->prefix, index + 1, count, ".gguf");
    return std::format("shard {} of {}", index + 1, count);
}

bool starts_as_gguf(const fs::path& path)
{
    std::array<char, 4> start{};
    std::ifstream file(path, std::ios::binary);
    return file.read(start.data(), start.size()) && std::string_view(start.data(), start.size()) == "GGUF";
}

/// Other GGUF files of the folder; those named like this one first, then the rest, each group by name.
std::vector<fs::path> candidates(const fs::path& path, const std::optional<ShardName>& own)
{
    std::vector<fs::path> named, others;
    std::error_code error;
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        std::error_code ignored;
        if (!it->is_regular_file(ignored) || fs::equivalent(it->path(), path, ignored))
            continue;
        const auto name = parse_name(it->path());
        if (own && name && name->prefix == own->prefix && name->count == own->count)
            named.push_back(it->path());
        else if (starts_as_gguf(it->path()))
            others.push_back(it->path());
    }
    std::ranges::sort(named);
    std::ranges::sort(others);
    named.insert(named.end(), others.begin(), others.end());
    return named;
}

} // namespace

Result<std::vector<GgufShard>> gather_shards(GgufShard first)
{
    const fs::path path = first.file.path();
    const std::string shown = utf8_from_path(path);
    const int64_t count = first.part.integer("split.count").value_or(0);
    const auto total = first.part.integer("split.tensors.count");
    const int64_t own_number = first.part.integer("split.no").value_or(-1);
    if (count > max_gguf_shards)
        return Error{ErrorCode::format, std::format("{} says it is one of {} files, more than {}; download it again.",
                                                    shown, count, max_gguf_shards)};
    if (own_number < 0 || own_number >= count)
        return Error{ErrorCode::format,
                     std::format("{} says it is number {} of {} files (split.no); download it again.", shown,
                                 own_number, count)};
    const auto own_name = parse_name(path);

    std::vector<std::optional<GgufShard>> found(static_cast<size_t>(count));
    found[static_cast<size_t>(own_number)] = std::move(first);
    int64_t n_missing = count - 1;
    for (const fs::path& candidate : candidates(path, own_name)) {
        if (n_missing == 0)
            break;
        const auto name = parse_name(candidate);
        const bool is_named = own_name && name && name->prefix == own_name->prefix && name->count == own_name->count;
        auto file = MappedFile::open(candidate);
        auto part = file ? parse_gguf(*file) : Result<GgufPart>(file.error());
        if (!part) {
            // By its name it is ours, so its damage is our news; any other file of the folder is not our business.
            if (is_named)
                return part.error();
            continue;
        }
        const int64_t number = part->integer("split.no").value_or(-1);
        if (part->integer("split.count") != count || part->integer("split.tensors.count") != total || number < 0 ||
            number >= count || found[static_cast<size_t>(number)])
            continue;
        found[static_cast<size_t>(number)] = GgufShard{*std::move(file), *std::move(part)};
        --n_missing;
    }
    if (n_missing > 0) {
        std::string names;
        for (int64_t i = 0; i < count; ++i)
            if (!found[static_cast<size_t>(i)])
                names += (names.empty() ? "" : ", ") + expected_name(own_name, i, count);
        return Error{ErrorCode::io,
                     std::format("{} is one of {} files, and {} missing: {}; put {} into the same folder.", shown,
                                 count, n_missing == 1 ? "one is" : std::format("{} are", n_missing), names,
                                 n_missing == 1 ? "it" : "them")};
    }
    std::vector<GgufShard> shards;
    size_t n_tensors = 0;
    for (auto& shard : found) {
        n_tensors += shard->part.tensors.size();
        shards.push_back(*std::move(shard));
    }
    if (total && static_cast<int64_t>(n_tensors) != *total)
        return Error{ErrorCode::format,
                     std::format("The {} files of {} hold {} tensors, but should hold {}; download them again.", count,
                                 shown, n_tensors, *total)};
    return shards;
}

} // namespace conclave
