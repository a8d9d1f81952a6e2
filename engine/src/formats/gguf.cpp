#include "formats/gguf.hpp"

#include <charconv>
#include <format>
#include <optional>
#include <string_view>
#include <utility>

#include "base/utf8_path.hpp"
#include "formats/expert_stacks.hpp"
#include "formats/gguf_shards.hpp"
#include "formats/printable.hpp"

namespace conclave
{

namespace
{

/// Where Mixtral files of 2023 have each expert by itself: "blk.3.ffn_up.7.weight".
struct ExpertPlace {
    std::string stack;
    int expert = 0;
};

std::optional<ExpertPlace> lone_expert(std::string_view name)
{
    constexpr std::string_view end = ".weight";
    if (!name.starts_with("blk.") || !name.ends_with(end))
        return std::nullopt;
    name.remove_suffix(end.size());
    const size_t dot = name.rfind('.');
    const std::string_view part = name.substr(0, dot), number = name.substr(dot + 1);
    if (!part.ends_with(".ffn_gate") && !part.ends_with(".ffn_up") && !part.ends_with(".ffn_down"))
        return std::nullopt;
    ExpertPlace place{std::string(part) + "_exps.weight"};
    const auto [last, error] = std::from_chars(number.data(), number.data() + number.size(), place.expert);
    const bool whole = error == std::errc() && last == number.data() + number.size() && place.expert >= 0;
    return whole ? std::optional(place) : std::nullopt;
}

} // namespace

Result<ModelFile> open_gguf(const std::filesystem::path& path)
{
    auto file = MappedFile::open(path);
    if (!file)
        return file.error();
    auto part = parse_gguf(*file);
    if (!part)
        return part.error();
    const bool is_split = part->integer("split.count").value_or(1) > 1;
    GgufShard first{*std::move(file), *std::move(part)};
    std::vector<GgufShard> shards;
    if (is_split) {
        auto gathered = gather_shards(std::move(first));
        if (!gathered)
            return gathered.error();
        shards = *std::move(gathered);
    } else {
        shards.push_back(std::move(first));
    }

    ModelFile::Contents contents{.name = utf8_from_path(path.filename())};
    contents.values = std::move(shards.front().part.values);
    ExpertStacks stacks;
    for (size_t i = 0; i < shards.size(); ++i) {
        contents.data_offsets.push_back(shards[i].part.data_offset);
        for (FileTensor& tensor : shards[i].part.tensors) {
            tensor.shard = static_cast<int>(i);
            if (auto place = lone_expert(tensor.name)) {
                stacks.add(std::move(place->stack), place->expert, std::move(tensor));
                continue;
            }
            contents.tensors.push_back(std::move(tensor));
        }
        shards[i].part.tensors = {};
        contents.files.push_back(std::move(shards[i].file));
    }
    if (auto stacked = stacks.finish(contents.name, contents.tensors); !stacked)
        return stacked.error();
    ModelFile gguf(std::move(contents));
    for (const FileTensor& tensor : gguf.tensors())
        if (gguf.find(tensor.name) != &tensor)
            return Error{ErrorCode::format,
                         std::format("{} has two tensors named \"{}\"; download it again.",
                                     utf8_from_path(gguf.files()[static_cast<size_t>(tensor.shard)].path()),
                                     printable(tensor.name))};
    // A file that shrank while it was read may have given zeros for what is gone.
    for (const MappedFile& mapped : gguf.files())
        if (auto whole = mapped.check_size(); !whole)
            return whole.error();
    return gguf;
}

} // namespace conclave
