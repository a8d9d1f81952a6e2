#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/mapped_file.hpp"
#include "conclave/result.hpp"
#include "tensor/dtype.hpp"

namespace conclave
{

/// One tensor of a file: dims as GGUF has them, the contiguous dimension first.
struct GgufTensor {
    std::string name;
    DType dtype = DType::F32;
    int n_dims = 1;
    int64_t dims[4] = {1, 1, 1, 1};
    std::span<const uint8_t> bytes; ///< unaligned view into the mapping
    int shard = 0;
    uint64_t offset = 0; ///< of the bytes in the shard's file
};

/// A metadata value. Strings view the mapping; arrays of strings and numbers are kept as vectors.
using GgufValue = std::variant<uint64_t, int64_t, double, bool, std::string_view, std::vector<std::string_view>,
                               std::vector<int64_t>, std::vector<double>>;

/// Any integer type that fits; the first of a per-layer array.
std::optional<int64_t> gguf_integer(const GgufValue& value);

/// A GGUF file, or all shards of one, opened and checked: every length bounded, every tensor inside its file.
/// Source: ggml docs/gguf.md.
class Gguf
{
public:
    /// Opens `path`; for one shard of a split file its siblings are found beside it and matched by split.no.
    /// Errors: io, format (file, offset, what), unsupported (tensor and type). All missing shards are named at once.
    static Result<Gguf> open(const std::filesystem::path& path);

    /// nullptr when there is none.
    const GgufTensor* find(std::string_view name) const;
    std::span<const GgufTensor> tensors() const { return m_tensors; }

    const GgufValue* value(std::string_view key) const;
    std::optional<int64_t>
    integer(std::string_view key) const; ///< any integer type that fits; the first of a per-layer array
    std::optional<double> number(std::string_view key) const; ///< any numeric type
    std::optional<bool> boolean(std::string_view key) const;
    std::optional<std::string_view> string(std::string_view key) const;
    const std::vector<std::string_view>* strings(std::string_view key) const;
    const std::vector<int64_t>* integers(std::string_view key) const;
    const std::vector<double>* numbers(std::string_view key) const;

    std::span<const MappedFile> files() const { return m_files; }
    uint64_t file_bytes() const;
    /// 16 hex digits over metadata, tensor table and sampled pages of the data.
    std::string hash() const;

private:
    Gguf() = default;

    std::vector<MappedFile> m_files;
    std::vector<uint64_t> m_data_offsets; ///< of each file: where its header ends
    std::vector<GgufTensor> m_tensors;
    std::map<std::string_view, size_t> m_index; ///< views the names in m_tensors, which never grows after open()
    std::map<std::string, GgufValue, std::less<>> m_values;
};

} // namespace conclave
