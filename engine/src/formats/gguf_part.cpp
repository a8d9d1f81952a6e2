#include "formats/gguf_part.hpp"

#include <algorithm>
#include <bit>
#include <format>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/utf8_path.hpp"
#include "formats/byte_reader.hpp"
#include "formats/ggml_type_name.hpp"
#include "formats/printable.hpp"

namespace conclave
{

namespace
{

// docs/gguf.md, enum gguf_metadata_value_type.
enum class ValueType : uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

constexpr uint32_t magic = 0x46554747; // "GGUF"
constexpr uint64_t default_alignment = 32;

/// The parser of one file: read() in order, the first error ends it.
class Parser
{
public:
    explicit Parser(const MappedFile& file) : m_file(file), m_reader(file.bytes()) {}

    Result<GgufPart> read()
    {
        if (auto done = read_header(); !done)
            return done.error();
        for (uint64_t i = 0; i < m_n_keys; ++i)
            if (auto done = read_key(); !done)
                return done.error();
        for (uint64_t i = 0; i < m_n_tensors; ++i)
            if (auto done = read_tensor(); !done)
                return done.error();
        if (auto done = place_tensors(); !done)
            return done.error();
        return std::move(m_part);
    }

private:
    std::string name() const { return utf8_from_path(m_file.path()); }

    Error broken(uint64_t offset, std::string_view what) const
    {
        return {ErrorCode::format,
                std::format("{} is damaged at byte {}: {}; download it again.", name(), offset, what)};
    }
    Error cut_short() const
    {
        return {ErrorCode::format, std::format("{} ends in the middle of its header, at byte {}; download it again.",
                                               name(), m_file.bytes().size())};
    }

    Result<void> read_header()
    {
        const auto bytes = m_file.bytes();
        const std::string_view start(reinterpret_cast<const char*>(bytes.data()), std::min<size_t>(bytes.size(), 64));
        if (start.starts_with("version https://git-lfs"))
            return Error{ErrorCode::format, std::format("{} is a Git LFS pointer, not the model itself; fetch it with "
                                                        "'git lfs pull'.",
                                                        name())};
        const auto seen = m_reader.number<uint32_t>();
        if (!seen || *seen != magic)
            return Error{
                ErrorCode::format,
                std::format("{} is not a GGUF file: it does not start with \"GGUF\"; choose a .gguf model.", name())};
        const auto version = m_reader.number<uint32_t>();
        if (!version)
            return cut_short();
        if (*version == 0x02000000 || *version == 0x03000000)
            return Error{
                ErrorCode::unsupported,
                std::format("{} is a big-endian GGUF file; take the little-endian one that most models come as.",
                            name())};
        if (*version != 2 && *version != 3)
            return Error{ErrorCode::unsupported,
                         std::format("{} has GGUF version {}; versions 2 and 3 can be read: convert it "
                                     "again.",
                                     name(), *version)};
        const auto n_tensors = m_reader.number<uint64_t>();
        const auto n_keys = m_reader.number<uint64_t>();
        if (!n_tensors || !n_keys)
            return cut_short();
        if (*n_tensors > max_gguf_tensors)
            return broken(8, std::format("{} tensors, more than {}", *n_tensors, max_gguf_tensors));
        if (*n_keys > max_gguf_keys)
            return broken(16, std::format("{} metadata keys, more than {}", *n_keys, max_gguf_keys));
        m_n_tensors = *n_tensors;
        m_n_keys = *n_keys;
        return {};
    }

    Result<std::string_view> read_text()
    {
        const uint64_t at = m_reader.offset();
        const auto length = m_reader.number<uint64_t>();
        if (!length)
            return cut_short();
        const auto text = m_reader.text(*length);
        if (!text)
            return broken(at, std::format("a string of {} bytes where {} are left", *length, m_reader.remaining()));
        return *text;
    }

    Result<void> read_key()
    {
        const uint64_t at = m_reader.offset();
        const auto key = read_text();
        if (!key)
            return key.error();
        const auto type = m_reader.number<uint32_t>();
        if (!type)
            return cut_short();
        auto value = static_cast<ValueType>(*type) == ValueType::array ? read_array() : read_scalar(*type);
        if (!value)
            return value.error();
        if (!m_part.values.emplace(std::string(*key), *std::move(value)).second)
            return broken(at, std::format("the key \"{}\" comes twice", printable(*key)));
        return {};
    }

    template <class T>
    Result<FileValue> read_number()
    {
        const auto value = m_reader.number<T>();
        if (!value)
            return cut_short();
        if constexpr (std::is_floating_point_v<T>)
            return FileValue(static_cast<double>(*value));
        else if constexpr (std::is_signed_v<T>)
            return FileValue(static_cast<int64_t>(*value));
        else
            return FileValue(static_cast<uint64_t>(*value));
    }

    Result<FileValue> read_scalar(uint32_t type)
    {
        switch (static_cast<ValueType>(type)) {
        case ValueType::u8:
            return read_number<uint8_t>();
        case ValueType::i8:
            return read_number<int8_t>();
        case ValueType::u16:
            return read_number<uint16_t>();
        case ValueType::i16:
            return read_number<int16_t>();
        case ValueType::u32:
            return read_number<uint32_t>();
        case ValueType::i32:
            return read_number<int32_t>();
        case ValueType::u64:
            return read_number<uint64_t>();
        case ValueType::i64:
            return read_number<int64_t>();
        case ValueType::f32:
            return read_number<float>();
        case ValueType::f64:
            return read_number<double>();
        case ValueType::boolean: {
            const auto value = m_reader.number<uint8_t>();
            if (!value)
                return cut_short();
            if (*value > 1)
                return broken(m_reader.offset() - 1, std::format("a truth value of {}", *value));
            return FileValue(*value == 1);
        }
        case ValueType::string: {
            const auto text = read_text();
            if (!text)
                return text.error();
            return FileValue(*text);
        }
        case ValueType::array:
            break;
        }
        return broken(m_reader.offset() - 4, std::format("a metadata value of unknown type {}", type));
    }

    // `at`: of the array's element type.
    template <class T, class Element>
    Result<FileValue> read_numbers(uint64_t at, uint64_t n)
    {
        if (n > m_reader.remaining() / sizeof(T))
            return broken(at, std::format("an array of {} numbers where {} bytes are left", n, m_reader.remaining()));
        m_n_array_numbers += n;
        if (m_n_array_numbers > max_gguf_array_numbers)
            return broken(at, std::format("metadata arrays of more than {} numbers", max_gguf_array_numbers));
        std::vector<Element> numbers;
        numbers.reserve(static_cast<size_t>(n));
        for (uint64_t i = 0; i < n; ++i) {
            const T value = *m_reader.number<T>();
            if constexpr (std::is_same_v<T, uint64_t>)
                if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
                    return broken(m_reader.offset() - sizeof(T),
                                  std::format("{} in an array, too large to be meant", value));
            numbers.push_back(static_cast<Element>(value));
        }
        return FileValue(std::move(numbers));
    }

    Result<FileValue> read_strings(uint64_t at, uint64_t n)
    {
        if (n > m_reader.remaining() / sizeof(uint64_t)) // each has at least its length
            return broken(at, std::format("an array of {} strings where {} bytes are left", n, m_reader.remaining()));
        std::vector<std::string_view> strings;
        strings.reserve(static_cast<size_t>(n));
        for (uint64_t i = 0; i < n; ++i) {
            const auto text = read_text();
            if (!text)
                return text.error();
            strings.push_back(*text);
        }
        return FileValue(std::move(strings));
    }

    Result<FileValue> read_array()
    {
        const uint64_t at = m_reader.offset();
        const auto type = m_reader.number<uint32_t>();
        const auto n = m_reader.number<uint64_t>();
        if (!type || !n)
            return cut_short();
        switch (static_cast<ValueType>(*type)) {
        case ValueType::u8:
        case ValueType::boolean:
            return read_numbers<uint8_t, int64_t>(at, *n);
        case ValueType::i8:
            return read_numbers<int8_t, int64_t>(at, *n);
        case ValueType::u16:
            return read_numbers<uint16_t, int64_t>(at, *n);
        case ValueType::i16:
            return read_numbers<int16_t, int64_t>(at, *n);
        case ValueType::u32:
            return read_numbers<uint32_t, int64_t>(at, *n);
        case ValueType::i32:
            return read_numbers<int32_t, int64_t>(at, *n);
        case ValueType::u64:
            return read_numbers<uint64_t, int64_t>(at, *n);
        case ValueType::i64:
            return read_numbers<int64_t, int64_t>(at, *n);
        case ValueType::f32:
            return read_numbers<float, double>(at, *n);
        case ValueType::f64:
            return read_numbers<double, double>(at, *n);
        case ValueType::string:
            return read_strings(at, *n);
        case ValueType::array:
            return broken(at, "an array of arrays, which no model has");
        }
        return broken(at, std::format("an array of unknown type {}", *type));
    }

    Result<void> read_tensor()
    {
        const uint64_t at = m_reader.offset();
        const auto name_read = read_text();
        if (!name_read)
            return name_read.error();
        const std::string shown = printable(*name_read);
        if (name_read->empty() || name_read->size() > max_gguf_name_bytes)
            return broken(
                at, std::format("a tensor name of {} bytes, not 1 to {}", name_read->size(), max_gguf_name_bytes));
        FileTensor tensor;
        tensor.name = *name_read;
        const auto n_dims = m_reader.number<uint32_t>();
        if (!n_dims)
            return cut_short();
        if (*n_dims < 1 || *n_dims > std::size(tensor.dims))
            return broken(m_reader.offset() - 4,
                          std::format("tensor \"{}\" has {} dimensions, not 1 to 4", shown, *n_dims));
        tensor.n_dims = static_cast<int>(*n_dims);
        int64_t n_elements = 1;
        for (uint32_t d = 0; d < *n_dims; ++d) {
            const auto dim = m_reader.number<uint64_t>();
            if (!dim)
                return cut_short();
            // No element takes less than two bits, so four times the file bounds every product.
            if (*dim == 0 || *dim > 4 * m_file.bytes().size() / static_cast<uint64_t>(n_elements))
                return broken(m_reader.offset() - 8,
                              std::format("tensor \"{}\" has a dimension of {}, more than the file can "
                                          "hold",
                                          shown, *dim));
            tensor.dims[d] = static_cast<int64_t>(*dim);
            n_elements *= tensor.dims[d];
        }
        const auto type = m_reader.number<uint32_t>();
        const auto offset = m_reader.number<uint64_t>();
        if (!type || !offset)
            return cut_short();
        const DTypeInfo* info = dtype_info(static_cast<int32_t>(*type));
        if (!info || *type >= static_cast<uint32_t>(first_own_dtype))
            return Error{
                ErrorCode::unsupported,
                std::format("Tensor \"{}\" of {} has type {}, which cannot be read; take the model as Q4_K_M, Q5_K_M, "
                            "Q6_K, Q8_0 or BF16.",
                            shown, name(), ggml_type_name(*type))};
        if (tensor.dims[0] % info->block_size != 0)
            return broken(
                at, std::format("tensor \"{}\" has rows of {} elements, no multiple of the {} that {} packs together",
                                shown, tensor.dims[0], info->block_size, info->name));
        tensor.dtype = info->dtype;
        tensor.offset = *offset;
        // No overflow: n_elements is at most four times the file.
        m_n_bytes.push_back(static_cast<uint64_t>(n_elements / info->block_size * info->block_bytes));
        m_part.tensors.push_back(std::move(tensor));
        return {};
    }

    Result<void> place_tensors()
    {
        uint64_t alignment = default_alignment;
        if (m_part.values.contains("general.alignment")) {
            const auto stated = m_part.integer("general.alignment");
            alignment = stated && *stated > 0 ? static_cast<uint64_t>(*stated) : 0;
            if (!std::has_single_bit(alignment) || alignment > max_gguf_alignment)
                return broken(m_reader.offset(),
                              std::format("general.alignment is no power of two up to {}", max_gguf_alignment));
        }
        const uint64_t size = m_file.bytes().size();
        m_part.data_offset = (m_reader.offset() + alignment - 1) & ~(alignment - 1);
        const uint64_t space = size > m_part.data_offset ? size - m_part.data_offset : 0;
        for (size_t i = 0; i < m_part.tensors.size(); ++i) {
            FileTensor& tensor = m_part.tensors[i];
            if (tensor.offset % alignment != 0)
                return broken(m_part.data_offset, std::format("tensor \"{}\" lies at {}, no multiple of {}",
                                                              printable(tensor.name), tensor.offset, alignment));
            if (tensor.offset > space || m_n_bytes[i] > space - tensor.offset)
                return Error{
                    ErrorCode::format,
                    std::format("{} ends at byte {}, before tensor \"{}\" does; the download is incomplete: fetch it "
                                "again.",
                                name(), size, printable(tensor.name))};
            tensor.offset += m_part.data_offset;
            tensor.bytes =
                m_file.bytes().subspan(static_cast<size_t>(tensor.offset), static_cast<size_t>(m_n_bytes[i]));
        }
        return check_overlaps();
    }

    Result<void> check_overlaps() const
    {
        std::vector<const FileTensor*> order;
        order.reserve(m_part.tensors.size());
        for (const FileTensor& tensor : m_part.tensors)
            order.push_back(&tensor);
        std::ranges::sort(order, {}, &FileTensor::offset);
        for (size_t i = 1; i < order.size(); ++i)
            if (order[i - 1]->offset + order[i - 1]->bytes.size() > order[i]->offset)
                return broken(order[i]->offset, std::format("tensors \"{}\" and \"{}\" overlap",
                                                            printable(order[i - 1]->name), printable(order[i]->name)));
        return {};
    }

    const MappedFile& m_file;
    ByteReader m_reader;
    GgufPart m_part;
    std::vector<uint64_t> m_n_bytes; ///< of each tensor
    uint64_t m_n_tensors = 0;
    uint64_t m_n_keys = 0;
    uint64_t m_n_array_numbers = 0;
};

} // namespace

std::optional<int64_t> GgufPart::integer(std::string_view key) const
{
    const auto found = values.find(key);
    if (found == values.end())
        return std::nullopt;
    return file_integer(found->second);
}

Result<GgufPart> parse_gguf(const MappedFile& file)
{
    return Parser(file).read();
}

} // namespace conclave
