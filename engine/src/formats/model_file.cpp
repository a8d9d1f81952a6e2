#include "formats/model_file.hpp"

#include <algorithm>
#include <format>
#include <limits>
#include <utility>

#include "base/hash64.hpp"

namespace conclave
{

uint64_t FileTensor::n_bytes() const
{
    uint64_t total = 0;
    for (const auto piece : pieces())
        total += piece.size();
    return total;
}

ModelFile::ModelFile(Contents contents) : m_contents(std::move(contents))
{
    for (size_t i = 0; i < m_contents.tensors.size(); ++i)
        m_index.emplace(m_contents.tensors[i].name, i);
}

std::string_view ModelFile::remedy() const
{
    return m_contents.published ? "download the model again" : "convert the model again with a current converter";
}

const FileTensor* ModelFile::find(std::string_view name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_contents.tensors[found->second];
}

const FileValue* ModelFile::value(std::string_view key) const
{
    const auto found = m_contents.values.find(key);
    return found == m_contents.values.end() ? nullptr : &found->second;
}

std::optional<int64_t> file_integer(const FileValue& value)
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

std::optional<int64_t> ModelFile::integer(std::string_view key) const
{
    const FileValue* found = value(key);
    return found ? file_integer(*found) : std::nullopt;
}

std::optional<double> ModelFile::number(std::string_view key) const
{
    const FileValue* found = value(key);
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

std::optional<bool> ModelFile::boolean(std::string_view key) const
{
    const FileValue* found = value(key);
    const bool* truth = found ? std::get_if<bool>(found) : nullptr;
    return truth ? std::optional(*truth) : std::nullopt;
}

std::optional<std::string_view> ModelFile::string(std::string_view key) const
{
    const FileValue* found = value(key);
    const auto* text = found ? std::get_if<std::string_view>(found) : nullptr;
    return text ? std::optional(*text) : std::nullopt;
}

const std::vector<std::string_view>* ModelFile::strings(std::string_view key) const
{
    const FileValue* found = value(key);
    return found ? std::get_if<std::vector<std::string_view>>(found) : nullptr;
}

const std::vector<int64_t>* ModelFile::integers(std::string_view key) const
{
    const FileValue* found = value(key);
    return found ? std::get_if<std::vector<int64_t>>(found) : nullptr;
}

const std::vector<double>* ModelFile::numbers(std::string_view key) const
{
    const FileValue* found = value(key);
    return found ? std::get_if<std::vector<double>>(found) : nullptr;
}

uint64_t ModelFile::file_bytes() const
{
    uint64_t total = 0;
    for (const MappedFile& file : m_contents.files)
        total += file.bytes().size();
    return total;
}

std::string ModelFile::hash() const
{
    constexpr size_t page = 4096;
    constexpr uint64_t n_samples = 64; // of each shard: enough to tell fine-tunes apart, and a moment on a slow disk
    uint64_t hash = 0;
    for (size_t i = 0; i < m_contents.files.size(); ++i) {
        const auto bytes = m_contents.files[i].bytes();
        const size_t header = static_cast<size_t>(std::min<uint64_t>(m_contents.data_offsets[i], bytes.size()));
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
