#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/result.hpp"
#include "formats/model_file.hpp"
#include "model/weights.hpp"

namespace conclave
{

/// Hands out a model's tensors by GGUF's names, each checked for presence, shape and type. The first thing wrong is
/// kept in error() and everything after it comes back empty, so that an architecture reads like the list of tensors it
/// is.
class TensorSource
{
public:
    TensorSource(const ModelFile& file, DerivedTensors& derived);

    bool has(std::string_view name) const;
    /// n_matrices × [n_rows, n_cols], as the file has them: in one tensor, or each in its own.
    ConclaveMatrix matrix(const std::string& name, int64_t n_rows, int64_t n_cols, int64_t n_matrices = 1);
    /// [n], or [n_rows, n], decoded into aligned floats; F32, F16 or BF16 in the file.
    const float* vector(const std::string& name, int64_t n, int64_t n_rows = 1);
    /// As the file has it, for a loader that puts it together anew; dims with the contiguous one first. nullptr when it
    /// is not so.
    const FileTensor* whole(const std::string& name, std::array<int64_t, 4> dims) { return take(name, dims); }
    /// [n] new floats, zero bytes of the file.
    std::span<float> derive(int64_t n) { return m_derived.add(n); }
    std::span<uint8_t> derive_bytes(int64_t n) { return m_derived.add_bytes(n); }

    const std::optional<Error>& error() const { return m_error; }
    /// Keeps `message` (after the file's name) unless something was wrong before.
    void fail(const std::string& message);
    /// Everything handed out, each tensor once.
    std::span<const FileTensor* const> taken() const { return m_taken; }

private:
    /// The scales of FP8 blocks, as aligned floats.
    const float* scales(const std::string& name, int64_t n_rows, int64_t n_cols, int64_t n_matrices);
    const FileTensor* take(const std::string& name, std::array<int64_t, 4> dims);
    /// What the file would call a tensor that it may not have; of a stack the matrix `index`.
    std::string spelling(const std::string& name, int64_t index = 0) const;
    std::string shape_text(std::span<const int64_t, 4> dims) const;

    const ModelFile& m_file;
    DerivedTensors& m_derived;
    std::vector<const FileTensor*> m_taken;
    std::optional<Error> m_error;
};

/// Rows `first` to first + n of every matrix.
ConclaveMatrix rows_of(ConclaveMatrix matrix, int64_t first, int64_t n);
/// The rows of one tall matrix as n matrices of equal height.
ConclaveMatrix split_rows(ConclaveMatrix matrix, int64_t n_matrices);

} // namespace conclave
