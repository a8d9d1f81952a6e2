#include "formats/hf_folder.hpp"

#include <algorithm>
#include <format>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/utf8_path.hpp"
#include "formats/expert_stacks.hpp"
#include "formats/hf_config.hpp"
#include "formats/hf_names.hpp"
#include "formats/json_file.hpp"
#include "formats/printable.hpp"
#include "formats/safetensors.hpp"
#include "formats/shard_name.hpp"

namespace conclave
{

namespace
{

namespace fs = std::filesystem;

constexpr std::string_view config_name = "config.json";
constexpr std::string_view index_suffix = ".safetensors.index.json";
constexpr std::string_view suffix = ".safetensors";
constexpr size_t max_files = 2048;

/// The model's name: its folder's, but for the folders of Hugging Face's cache, models--OWNER--NAME/snapshots/HASH.
std::string name_of(const fs::path& folder)
{
    const fs::path full = fs::absolute(folder).lexically_normal();
    const fs::path last = full.has_filename() ? full : full.parent_path();
    const std::string cached = utf8_from_path(last.parent_path().parent_path().filename());
    if (last.parent_path().filename() == "snapshots" && cached.starts_with("models--"))
        return cached.substr(cached.rfind("--") + 2);
    return utf8_from_path(last.filename());
}

/// Names of the folder's files that end in `ending`, sorted.
std::vector<std::string> names_in(const fs::path& folder, std::string_view ending)
{
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        if (std::string name = utf8_from_path(it->path().filename()); name.ends_with(ending))
            names.push_back(std::move(name));
    std::ranges::sort(names);
    return names;
}

/// Every file that the index spreads the tensors over.
Result<std::vector<std::string>> indexed_files(const fs::path& index)
{
    const auto json = read_json_object(index);
    if (!json)
        return json.error();
    const std::string shown = utf8_from_path(index);
    const auto map = json->find("weight_map");
    if (map == json->end() || !map->is_object() || map->empty())
        return Error{ErrorCode::format, std::format("{} has no weight_map; download it again.", shown)};
    std::set<std::string> names;
    for (const auto& [tensor, file] : map->items()) {
        // Nothing outside the folder is opened, whatever an index says.
        if (!file.is_string() || !file.get<std::string>().ends_with(suffix) ||
            file.get<std::string>().find_first_of("/\\:") != std::string::npos)
            return Error{ErrorCode::format, std::format("{} has no file name for tensor \"{}\"; download it again.",
                                                        shown, printable(tensor))};
        names.insert(file.get<std::string>());
    }
    return std::vector<std::string>(names.begin(), names.end());
}

/// Without an index: all that are numbered as parts of one model, or else whatever lies there.
std::vector<std::string> found_files(const fs::path& folder)
{
    std::vector<std::string> names = names_in(folder, suffix);
    for (const std::string& name : names) {
        const auto part = parse_shard_name(name, suffix);
        if (part && part->count <= static_cast<int64_t>(max_files)) {
            std::vector<std::string> all;
            for (int64_t i = 1; i <= part->count; ++i)
                all.push_back(shard_name(part->prefix, i, part->count, suffix));
            return all;
        }
    }
    return names;
}

/// In the order in which transformers looks for them: one file, an index, and then what is there.
Result<std::vector<std::string>> weights_of(const fs::path& folder)
{
    const std::string whole = "model.safetensors", index = whole + ".index.json";
    std::error_code ignored;
    if (fs::exists(folder / whole, ignored))
        return std::vector{whole};
    return fs::exists(folder / index, ignored) ? indexed_files(folder / index) : Result(found_files(folder));
}

Result<std::vector<std::string>> weight_files(const fs::path& folder, const std::string& name)
{
    auto files = weights_of(folder);
    if (!files)
        return files;
    if (files->empty())
        return Error{ErrorCode::io,
                     std::format("{} has no .safetensors files; download them too, or take the model as GGUF.", name)};
    if (files->size() > max_files)
        return Error{ErrorCode::format, std::format("{} names {} files of weights, more than {}; download it again.",
                                                    name, files->size(), max_files)};
    std::string missing;
    size_t n_missing = 0;
    std::error_code ignored;
    for (const std::string& file : *files)
        if (!fs::exists(folder / path_from_utf8(file), ignored)) {
            missing += (missing.empty() ? "" : ", ") + printable(file);
            ++n_missing;
        }
    if (n_missing > 0)
        return Error{ErrorCode::io,
                     std::format("{} is made of {} files of weights, and {} missing: {}; put {} into "
                                 "the same folder.",
                                 name, files->size(), n_missing == 1 ? "one is" : std::format("{} are", n_missing),
                                 missing, n_missing == 1 ? "it" : "them")};
    return files;
}

Result<void> read_weights(const fs::path& folder, ModelFile::Contents& contents)
{
    const auto names = weight_files(folder, contents.name);
    if (!names)
        return names.error();
    ExpertStacks stacks;
    for (const std::string& name : *names) {
        auto file = MappedFile::open(folder / path_from_utf8(name));
        if (!file)
            return file.error();
        auto part = parse_safetensors(*file);
        if (!part)
            return part.error();
        for (FileTensor& tensor : part->tensors) {
            tensor.shard = static_cast<int>(contents.files.size());
            tensor.published = std::move(tensor.name);
            GgufPlace place = gguf_place(tensor.published);
            if (place.expert >= 0) {
                stacks.add(std::move(place.name), place.expert, std::move(tensor));
                continue;
            }
            tensor.name = std::move(place.name);
            contents.tensors.push_back(std::move(tensor));
        }
        contents.data_offsets.push_back(part->data_offset);
        contents.files.push_back(*std::move(file));
    }
    return stacks.finish(contents.name, contents.tensors);
}

/// An output beside a shared embedding is a copy that training left behind, and one that is not there is no shared one.
Result<void> settle_output(std::optional<bool> tied, ModelFile::Contents& contents)
{
    const auto is_output = [](const FileTensor& tensor) { return tensor.name == "output.weight"; };
    if (tied == true) {
        std::erase_if(contents.tensors, is_output);
    } else if (tied == false && std::ranges::none_of(contents.tensors, is_output)) {
        return Error{ErrorCode::format,
                     std::format("{}: tensor lm_head.weight is missing; download the model again.", contents.name)};
    }
    return {};
}

} // namespace

std::optional<fs::path> hf_folder_of(const fs::path& path)
{
    std::error_code ignored;
    if (fs::is_directory(path, ignored))
        return path;
    const std::string name = utf8_from_path(path.filename());
    if (name == config_name || name.ends_with(suffix) || name.ends_with(index_suffix))
        return path.has_parent_path() ? path.parent_path() : fs::path(".");
    return std::nullopt;
}

Result<ModelFile> open_hf_folder(const fs::path& folder)
{
    std::error_code ignored;
    if (!fs::exists(folder / config_name, ignored))
        return Error{ErrorCode::unsupported,
                     std::format("{} holds no config.json, so it is no model as Hugging Face publishes them; open a "
                                 ".gguf file, or the folder that config.json is in.",
                                 utf8_from_path(folder))};
    ModelFile::Contents contents{.name = name_of(folder), .folder = folder};
    const auto config = read_json_object(folder / config_name);
    if (!config)
        return config.error();
    if (auto read = read_hf_config(*config, contents); !read)
        return read.error();
    if (auto read = read_weights(folder, contents); !read)
        return read.error();
    if (auto settled = settle_output(ties_embeddings(*config), contents); !settled)
        return settled.error();
    ModelFile model(std::move(contents));
    for (const FileTensor& tensor : model.tensors())
        if (model.find(tensor.name) != &tensor)
            return Error{ErrorCode::format, std::format("{} has tensor \"{}\" twice; download it again.", model.name(),
                                                        printable(tensor.published))};
    for (const MappedFile& mapped : model.files())
        if (auto whole = mapped.check_size(); !whole)
            return whole.error();
    return model;
}

} // namespace conclave
