#include "formats/safetensors.hpp"

#include <algorithm>
#include <format>
#include <iterator>
#include <optional>
#include <utility>

#include "base/utf8_path.hpp"
#include "formats/byte_reader.hpp"
#include "formats/json_file.hpp"
#include "formats/printable.hpp"

namespace conclave
{

namespace
{

std::optional<DType> dtype_of(std::string_view name)
{
    for (const DType type : {DType::F32, DType::F16, DType::BF16, DType::F8_E4M3, DType::U8})
        if (dtype_info(type)->name == name)
            return type;
    return std::nullopt;
}

std::optional<uint64_t> whole_number(const nlohmann::json& value)
{
    return value.is_number_unsigned() ? std::optional(value.get<uint64_t>()) : std::nullopt;
}

/// The parser of one file; the first error ends it.
class Parser
{
public:
    explicit Parser(const MappedFile& file) : m_file(file) {}

    Result<SafetensorsPart> read()
    {
        ByteReader reader(m_file.bytes());
        const auto n_bytes = reader.number<uint64_t>();
        if (!n_bytes || *n_bytes > max_safetensors_header_bytes)
            return broken(
                n_bytes ? std::format("a header of {} bytes is more than {}", *n_bytes, max_safetensors_header_bytes)
                        : std::string("there is no header"));
        const auto text = reader.text(*n_bytes);
        if (!text)
            return cut_short("in its header");
        const auto header = parse_json(*text, name());
        if (!header)
            return header.error();
        if (!header->is_object() || header->size() > max_safetensors_tensors)
            return broken(std::format("the header is no object of at most {} tensors", max_safetensors_tensors));
        m_part.data_offset = reader.offset();
        m_data_bytes = reader.remaining();
        for (const auto& [tensor_name, entry] : header->items())
            if (tensor_name != "__metadata__")
                if (auto done = read_tensor(tensor_name, entry); !done)
                    return done.error();
        if (auto done = check_overlaps(); !done)
            return done.error();
        return std::move(m_part);
    }

private:
    std::string name() const { return utf8_from_path(m_file.path()); }

    Error broken(std::string_view what) const
    {
        return {ErrorCode::format, std::format("{} is damaged: {}; download it again.", name(), what)};
    }
    Error cut_short(std::string_view where) const
    {
        return {ErrorCode::format, std::format("{} ends at byte {}, {}; the download is incomplete: fetch it again.",
                                               name(), m_file.bytes().size(), where)};
    }

    Result<void> read_shape(const nlohmann::json& shape, FileTensor& tensor, uint64_t& n_elements)
    {
        const std::string shown = printable(tensor.name);
        if (!shape.is_array() || shape.size() > std::size(tensor.dims))
            return broken(std::format("tensor \"{}\" has no shape of at most 4 dimensions", shown));
        tensor.n_dims = std::max<int>(1, static_cast<int>(shape.size()));
        n_elements = 1;
        for (size_t i = 0; i < shape.size(); ++i) {
            const auto dim = whole_number(shape[i]);
            // No element takes less than a byte, so the file bounds every product.
            if (!dim || *dim == 0 || *dim > m_file.bytes().size() / n_elements)
                return broken(
                    std::format("tensor \"{}\" has a dimension that is zero, or more than the file can hold", shown));
            tensor.dims[shape.size() - 1 - i] = static_cast<int64_t>(*dim); // published slowest first
            n_elements *= *dim;
        }
        return {};
    }

    Result<void> read_tensor(const std::string& tensor_name, const nlohmann::json& entry)
    {
        FileTensor tensor{.name = tensor_name};
        const std::string shown = printable(tensor_name);
        const auto offsets = entry.find("data_offsets");
        if (!entry.is_object() || !entry.contains("shape") || offsets == entry.end() || !offsets->is_array() ||
            offsets->size() != 2)
            return broken(std::format("tensor \"{}\" has no shape or no data_offsets", shown));
        const std::string type_name = string_of(entry, "dtype");
        const auto type = dtype_of(type_name);
        if (!type)
            return Error{ErrorCode::unsupported,
                         std::format("Tensor \"{}\" of {} has type {}, which cannot be read; take the model in "
                                     "BF16, or as GGUF.",
                                     shown, name(), printable(type_name))};
        tensor.dtype = *type;
        uint64_t n_elements = 0;
        if (auto done = read_shape(entry["shape"], tensor, n_elements); !done)
            return done;
        const auto begin = whole_number((*offsets)[0]), end = whole_number((*offsets)[1]);
        const uint64_t n_bytes = n_elements * static_cast<uint64_t>(dtype_info(*type)->block_bytes);
        if (!begin || !end || *end < *begin || *end - *begin != n_bytes)
            return broken(
                std::format("tensor \"{}\" of {} bytes has data_offsets that enclose another number", shown, n_bytes));
        if (*end > m_data_bytes)
            return cut_short(std::format("before tensor \"{}\" does", shown));
        tensor.offset = m_part.data_offset + *begin;
        tensor.bytes = m_file.bytes().subspan(static_cast<size_t>(tensor.offset), static_cast<size_t>(n_bytes));
        m_part.tensors.push_back(std::move(tensor));
        return {};
    }

    Result<void> check_overlaps()
    {
        std::ranges::sort(m_part.tensors, {}, &FileTensor::offset);
        for (size_t i = 1; i < m_part.tensors.size(); ++i) {
            const FileTensor &before = m_part.tensors[i - 1], &here = m_part.tensors[i];
            if (before.offset + before.bytes.size() > here.offset)
                return broken(
                    std::format("tensors \"{}\" and \"{}\" overlap", printable(before.name), printable(here.name)));
        }
        return {};
    }

    const MappedFile& m_file;
    SafetensorsPart m_part;
    uint64_t m_data_bytes = 0;
};

} // namespace

Result<SafetensorsPart> parse_safetensors(const MappedFile& file)
{
    return Parser(file).read();
}

} // namespace conclave
