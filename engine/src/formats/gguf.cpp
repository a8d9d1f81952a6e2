#include "formats/gguf.hpp"

#include <format>
#include <utility>

#include "base/utf8_path.hpp"
#include "formats/gguf_shards.hpp"
#include "formats/printable.hpp"

namespace conclave
{

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
    for (size_t i = 0; i < shards.size(); ++i) {
        contents.data_offsets.push_back(shards[i].part.data_offset);
        for (FileTensor& tensor : shards[i].part.tensors) {
            tensor.shard = static_cast<int>(i);
            contents.tensors.push_back(std::move(tensor));
        }
        shards[i].part.tensors = {};
        contents.files.push_back(std::move(shards[i].file));
    }
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
