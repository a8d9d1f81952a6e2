#include "model/tensor_source.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "formats/printable.hpp"
#include "tensor/codec.hpp"
#include "tensor/f8_e4m3.hpp"

namespace conclave
{

TensorSource::TensorSource(const ModelFile& file, DerivedTensors& derived) : m_file(file), m_derived(derived) {}

bool TensorSource::has(std::string_view name) const
{
    return m_file.find(name) != nullptr;
}

void TensorSource::fail(const std::string& message)
{
    if (!m_error) {
        m_error = Error{ErrorCode::format, m_file.name() + ": " + message};
    }
}

const FileTensor* TensorSource::take(const std::string& name, std::array<int64_t, 4> dims)
{
    if (m_error) {
        return nullptr;
    }
    const FileTensor* tensor = m_file.find(name);
    const auto n_parts = tensor ? static_cast<int64_t>(tensor->parts.size()) : 0;
    if (!tensor || (n_parts > 0 && n_parts < dims[2])) {
        fail("tensor " + spelling(name, n_parts) +
             " is missing; the file may be cut short or made for another program: " + std::string(m_file.remedy()));
        return nullptr;
    }
    if (!std::ranges::equal(tensor->dims, dims)) {
        fail("tensor " + printable(tensor->spelling()) + " has the shape " + shape_text(tensor->dims) +
             " where the metadata asks for " + shape_text(dims) + "; " + std::string(m_file.remedy()));
        return nullptr;
    }
    m_taken.push_back(tensor);
    return tensor;
}

std::string TensorSource::spelling(const std::string& name, int64_t index) const
{
    if (!m_file.published()) {
        return name;
    }
    std::string published = m_file.published()->tensor(name);
    if (const size_t star = published.find('*'); star != std::string::npos) {
        published.replace(star, 1, std::to_string(index));
    }
    return published;
}

/// In the order in which the format writes dimensions.
std::string TensorSource::shape_text(std::span<const int64_t, 4> dims) const
{
    std::string text;
    if (!m_file.published()) {
        for (size_t i = 0; i < (dims[3] > 1 ? 4u : 3u); ++i) {
            text += (i > 0 ? ", " : "") + std::to_string(dims[i]);
        }
        return "[" + text + "]";
    }
    bool begun = false;
    for (size_t i = 4; i-- > 0;) {
        begun = begun || i == 0 || dims[i] > 1;
        if (begun) {
            text += (text.empty() ? "" : ", ") + std::to_string(dims[i]);
        }
    }
    return "[" + text + "]";
}

ConclaveMatrix TensorSource::matrix(const std::string& name, int64_t n_rows, int64_t n_cols, int64_t n_matrices)
{
    const FileTensor* tensor = take(name, {n_cols, n_rows, n_matrices, 1});
    if (tensor && tensor->dtype == DType::U8) {
        fail("tensor " + printable(tensor->spelling()) + " is of plain bytes where weights are needed; " +
             std::string(m_file.remedy()));
    }
    if (m_error) {
        return {};
    }
    const DTypeInfo& type = *dtype_info(tensor->dtype);
    CONCLAVE_CHECK(n_cols % type.block_size == 0, "the reader lets only whole blocks through");
    const int64_t row_bytes = n_cols / type.block_size * type.block_bytes;
    CONCLAVE_CHECK(static_cast<uint64_t>(row_bytes * n_rows * n_matrices) == tensor->n_bytes(),
                   "the reader sized the tensor by its shape");
    ConclaveMatrix matrix{tensor->pieces().front().data(),
                          static_cast<int32_t>(tensor->dtype),
                          static_cast<int32_t>(n_matrices),
                          n_rows,
                          n_cols,
                          row_bytes,
                          row_bytes * n_rows};
    if (!tensor->parts.empty()) {
        const std::span<const void*> parts = m_derived.add_parts(n_matrices);
        std::ranges::transform(tensor->parts, parts.begin(), [](const auto part) { return part.data(); });
        matrix.parts = parts.data();
    }
    if (tensor->dtype == DType::F8_E4M3) {
        matrix.scale = scales(name + "_scale_inv", n_rows, n_cols, n_matrices);
    }
    return matrix;
}

const float* TensorSource::scales(const std::string& name, int64_t n_rows, int64_t n_cols, int64_t n_matrices)
{
    const auto n_blocks = [](int64_t n) { return (n + f8_scale_block - 1) / f8_scale_block; };
    const FileTensor* tensor = take(name, {n_blocks(n_cols), n_blocks(n_rows), n_matrices, 1});
    if (!tensor) {
        return nullptr;
    }
    if (tensor->dtype != DType::F32) {
        fail("tensor " + printable(tensor->spelling()) + " is " + std::string(dtype_info(tensor->dtype)->name) +
             " where F32 is needed; " + std::string(m_file.remedy()));
        return nullptr;
    }
    const int64_t n = n_blocks(n_rows) * n_blocks(n_cols);
    const std::span<float> out = m_derived.add(n * n_matrices);
    const bool apart = !tensor->parts.empty();
    for (int64_t i = 0; i < (apart ? n_matrices : 1); ++i) {
        codec(DType::F32)
            .decode_ref(tensor->pieces()[static_cast<size_t>(i)].data(), apart ? n : n * n_matrices,
                        out.data() + i * n);
    }
    return out.data();
}

const float* TensorSource::vector(const std::string& name, int64_t n, int64_t n_rows)
{
    const FileTensor* tensor = take(name, {n, n_rows, 1, 1});
    if (!tensor) {
        return nullptr;
    }
    if (tensor->dtype != DType::F32 && tensor->dtype != DType::F16 && tensor->dtype != DType::BF16) {
        fail("tensor " + printable(tensor->spelling()) + " is " + std::string(dtype_info(tensor->dtype)->name) +
             " where F32, F16 or BF16 is needed; quantise the model again and leave vectors as they are");
        return nullptr;
    }
    const std::span<float> out = m_derived.add(n * n_rows);
    codec(tensor->dtype).decode_ref(tensor->bytes.data(), n * n_rows, out.data());
    return out.data();
}

ConclaveMatrix rows_of(ConclaveMatrix matrix, int64_t first, int64_t n)
{
    if (matrix.data) {
        CONCLAVE_CHECK(first >= 0 && n >= 0 && first + n <= matrix.n_rows && !matrix.parts && !matrix.scale,
                       "rows of the matrix, which has no scales");
        matrix.data = static_cast<const uint8_t*>(matrix.data) + first * matrix.row_bytes;
        matrix.n_rows = n;
    }
    return matrix;
}

ConclaveMatrix split_rows(ConclaveMatrix matrix, int64_t n_matrices)
{
    if (matrix.data) {
        CONCLAVE_CHECK(matrix.n_matrices == 1 && matrix.n_rows % n_matrices == 0 && !matrix.scale, "equal parts");
        matrix.n_rows /= n_matrices;
        matrix.n_matrices = static_cast<int32_t>(n_matrices);
        matrix.matrix_bytes = matrix.n_rows * matrix.row_bytes;
    }
    return matrix;
}

} // namespace conclave
