#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/mapped_file.hpp"
#include "tensor/dtype.hpp"

namespace conclave
{

/// One tensor of a model's files, under the name that GGUF gives it; dims as GGUF has them, the contiguous dimension
/// first.
struct FileTensor {
    std::string name = {};
    std::string published = {}; ///< what its own file calls it, when that is another name
    DType dtype = DType::F32;
    int n_dims = 1;
    int64_t dims[4] = {1, 1, 1, 1};
    std::span<const uint8_t> bytes = {}; ///< unaligned view into the mapping; empty when there are parts
    /// [dims[2]] the matrices of a stack that are tensors of their own in the files: experts, as published.
    std::vector<std::span<const uint8_t>> parts = {};
    int shard = 0;
    uint64_t offset = 0; ///< of the bytes in the shard's file

    const std::string& spelling() const { return published.empty() ? name : published; }
    /// What the tensor consists of: its bytes, or its parts.
    std::span<const std::span<const uint8_t>> pieces() const
    {
        return parts.empty() ? std::span(&bytes, 1) : std::span(parts);
    }
    uint64_t n_bytes() const;
};

/// A metadata value. Strings are views; arrays of strings and numbers are kept as vectors.
using FileValue = std::variant<uint64_t, int64_t, double, bool, std::string_view, std::vector<std::string_view>,
                               std::vector<int64_t>, std::vector<double>>;

/// Any integer type that fits; the first of a per-layer array.
std::optional<int64_t> file_integer(const FileValue& value);

/// How the names of another format spell what GGUF calls by its own.
struct PublishedNames {
    /// "model.layers.3.mlp.gate.weight" of "blk.3.ffn_gate_inp.weight"; an expert's number is a star.
    std::function<std::string(std::string_view gguf_name)> tensor;
    /// "num_hidden_layers" of "block_count" (a key without its architecture).
    std::string_view (*key)(std::string_view gguf_key) = nullptr;
};

/// The files of one model, opened and checked: every length bounded, every tensor inside its file. Tensors and metadata
/// go by the names that GGUF gives them, whatever the files call them, so that an architecture is written once.
class ModelFile
{
public:
    struct Contents {
        std::string name = {};                   ///< of the file or folder, for messages
        std::filesystem::path folder = {};       ///< of a Hugging Face model; empty for a GGUF
        std::vector<MappedFile> files = {};      ///< at least one
        std::vector<uint64_t> data_offsets = {}; ///< of each file: where its header ends
        std::vector<FileTensor> tensors = {};    ///< no two of one name
        std::map<std::string, FileValue, std::less<>> values = {};
        std::list<std::string> texts = {}; ///< owns what values view outside the mapping
        std::optional<PublishedNames> published = {};
    };
    explicit ModelFile(Contents contents);

    const std::string& name() const { return m_contents.name; }
    const std::filesystem::path& folder() const { return m_contents.folder; }

    /// nullptr when there is none.
    const FileTensor* find(std::string_view name) const;
    std::span<const FileTensor> tensors() const { return m_contents.tensors; }

    const FileValue* value(std::string_view key) const;
    std::optional<int64_t>
    integer(std::string_view key) const; ///< any integer type that fits; the first of a per-layer array
    std::optional<double> number(std::string_view key) const; ///< any numeric type
    std::optional<bool> boolean(std::string_view key) const;
    std::optional<std::string_view> string(std::string_view key) const;
    const std::vector<std::string_view>* strings(std::string_view key) const;
    const std::vector<int64_t>* integers(std::string_view key) const;
    const std::vector<double>* numbers(std::string_view key) const;

    /// nullopt: the files use GGUF's own names.
    const std::optional<PublishedNames>& published() const { return m_contents.published; }
    /// What to try when something is missing or of the wrong shape.
    std::string_view remedy() const;

    std::span<const MappedFile> files() const { return m_contents.files; }
    uint64_t file_bytes() const;
    /// 16 hex digits over metadata, tensor table and sampled pages of the data.
    std::string hash() const;

private:
    Contents m_contents;
    std::map<std::string_view, size_t> m_index; ///< views the tensors' names, which never change
};

} // namespace conclave
