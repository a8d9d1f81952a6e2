#include "formats/gguf.hpp"

#include <algorithm>
#include <format>
#include <limits>
#include <utility>

#include "base/hash64.hpp"
#include "base/utf8_path.hpp"
#include "formats/gguf_shards.hpp"
#include "formats/printable.hpp"

namespace conclave
{

Result<Gguf> Gguf::open(const std::filesystem::path& path)
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

    Gguf gguf;
    gguf.m_values = std::move(shards.front().part.values);
    for (size_t i = 0; i < shards.size(); ++i) {
        gguf.m_data_offsets.push_back(shards[i].part.data_offset);
        for (GgufTensor& tensor : shards[i].part.tensors) {
            tensor.shard = static_cast<int>(i);
            gguf.m_tensors.push_back(std::move(tensor));
        }
        shards[i].part.tensors = {};
        gguf.m_files.push_back(std::move(shards[i].file));
    }
    for (size_t i = 0; i < gguf.m_tensors.size(); ++i) {
        const GgufTensor& tensor = gguf.m_tensors[i];
        if (!gguf.m_index.emplace(tensor.name, i).second)
            return Error{ErrorCode::format,
                         std::format("{} has two tensors named \"{}\"; download it again.",
                                     utf8_from_path(gguf.m_files[static_cast<size_t>(tensor.shard)].path()),
                                     printable(tensor.name))};
    }
    // A file that shrank while it was read may have given zeros for what is gone.
    for (const MappedFile& mapped : gguf.m_files)
        if (auto whole = mapped.check_size(); !whole)
            return whole.error();
    return gguf;
}

const GgufTensor* Gguf::find(std::string_view name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_tensors[found->second];
}

const GgufValue* Gguf::value(std::string_view key) const
{
    const auto found = m_values.find(key);
    return found == m_values.end() ? nullptr : &found->second;
}

std::optional<int64_t> gguf_integer(const GgufValue& value)
{
    if (const auto* unsigned_number = std::get_if<uint64_t>(&value)) {
        if (*unsigned_number <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
            return static_cast<int64_t>(*unsigned_number);
    } else if (const auto* number = std::get_if<int64_t>(&value)) {
        return *number;
    } else if (const auto* list = std::get_if<std::vector<int64_t>>(&value); list && !list->empty()) {
        return list->front();
    }
    return std::nullopt;
}

std::optional<int64_t> Gguf::integer(std::string_view key) const
{
    const GgufValue* found = value(key);
    return found ? gguf_integer(*found) : std::nullopt;
}

std::optional<double> Gguf::number(std::string_view key) const
{
    const GgufValue* found = value(key);
    if (!found)
        return std::nullopt;
    if (const auto* number = std::get_if<double>(found))
        return *number;
    if (const auto* integer = std::get_if<int64_t>(found))
        return static_cast<double>(*integer);
    if (const auto* integer = std::get_if<uint64_t>(found))
        return static_cast<double>(*integer);
    return std::nullopt;
}

std::optional<bool> Gguf::boolean(std::string_view key) const
{
    const GgufValue* found = value(key);
    const bool* truth = found ? std::get_if<bool>(found) : nullptr;
    return truth ? std::optional(*truth) : std::nullopt;
}

std::optional<std::string_view> Gguf::string(std::string_view key) const
{
    const GgufValue* found = value(key);
    const auto* text = found ? std::get_if<std::string_view>(found) : nullptr;
    return text ? std::optional(*text) : std::nullopt;
}

const std::vector<std::string_view>* Gguf::strings(std::string_view key) const
{
    const GgufValue* found = value(key);
    return found ? std::get_if<std::vector<std::string_view>>(found) : nullptr;
}

const std::vector<int64_t>* Gguf::integers(std::string_view key) const
{
    const GgufValue* found = value(key);
    return found ? std::get_if<std::vector<int64_t>>(found) : nullptr;
}

const std::vector<double>* Gguf::numbers(std::string_view key) const
{
    const GgufValue* found = value(key);
    return found ? std::get_if<std::vector<double>>(found) : nullptr;
}

uint64_t Gguf::file_bytes() const
{
    uint64_t total = 0;
    for (const MappedFile& file : m_files)
        total += file.bytes().size();
    return total;
}

std::string Gguf::hash() const
{
    constexpr size_t page = 4096;
    constexpr uint64_t n_samples = 64; // of each shard: enough to tell fine-tunes apart, and a moment on a slow disk
    uint64_t hash = 0;
    for (size_t i = 0; i < m_files.size(); ++i) {
        const auto bytes = m_files[i].bytes();
        const size_t header = static_cast<size_t>(std::min<uint64_t>(m_data_offsets[i], bytes.size()));
        hash = hash64(bytes.first(header), hash ^ bytes.size());
        const auto data = bytes.subspan(header);
        const uint64_t n_pages = (data.size() + page - 1) / page;
        const uint64_t n = std::min(n_samples, n_pages);
        for (uint64_t s = 0; s < n; ++s) {
            // Evenly, with the first and the last page among them. No overflow: s < 64.
            const uint64_t at = (n == 1 ? 0 : s * (n_pages - 1) / (n - 1)) * page;
            hash = hash64(
                data.subspan(static_cast<size_t>(at), std::min<size_t>(page, data.size() - static_cast<size_t>(at))),
                hash);
        }
    }
    return std::format("{:016x}", hash);
}

} // namespace conclave
