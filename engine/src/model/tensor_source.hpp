#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conclave/result.hpp"
#include "formats/gguf.hpp"
#include "model/weights.hpp"

namespace conclave
{

/// Hands out a file's tensors by name, each checked for presence, shape and type. The first thing wrong is kept in
/// error() and everything after it comes back empty, so that an architecture reads like the list of tensors it is.
class TensorSource
{
public:
    TensorSource(const Gguf& file, std::string file_name, DerivedTensors& derived);

    bool has(std::string_view name) const;
    /// n_matrices × [n_rows, n_cols], as the file has it.
    ConclaveMatrix matrix(const std::string& name, int64_t n_rows, int64_t n_cols, int64_t n_matrices = 1);
    /// [n] decoded into aligned floats; F32, F16 or BF16 in the file.
    const float* vector(const std::string& name, int64_t n);
    /// [n] new floats, zero bytes of the file.
    std::span<float> derive(int64_t n) { return m_derived.add(n); }

    const std::optional<Error>& error() const { return m_error; }
    /// Keeps `message` (after the file's name) unless something was wrong before.
    void fail(const std::string& message);
    /// Everything handed out, each tensor once.
    std::span<const GgufTensor* const> taken() const { return m_taken; }

private:
    const GgufTensor* take(const std::string& name, int64_t d0, int64_t d1, int64_t d2);

    const Gguf& m_file;
    std::string m_file_name;
    DerivedTensors& m_derived;
    std::vector<const GgufTensor*> m_taken;
    std::optional<Error> m_error;
};

/// Rows `first` to first + n of every matrix.
ConclaveMatrix rows_of(ConclaveMatrix matrix, int64_t first, int64_t n);
/// The rows of one tall matrix as n matrices of equal height.
ConclaveMatrix split_rows(ConclaveMatrix matrix, int64_t n_matrices);

} // namespace conclave
