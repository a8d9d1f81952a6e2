#include "model/tensor_source.hpp"

#include "base/check.hpp"
#include "tensor/codec.hpp"

namespace conclave
{

namespace
{

std::string shape_text(int64_t d0, int64_t d1, int64_t d2)
{
    return "[" + std::to_string(d0) + ", " + std::to_string(d1) + ", " + std::to_string(d2) + "]";
}

} // namespace

TensorSource::TensorSource(const Gguf& file, std::string file_name, DerivedTensors& derived)
    : m_file(file), m_file_name(std::move(file_name)), m_derived(derived)
{
}

bool TensorSource::has(std::string_view name) const
{
    return m_file.find(name) != nullptr;
}

void TensorSource::fail(const std::string& message)
{
    if (!m_error) {
        m_error = Error{ErrorCode::format, m_file_name + ": " + message};
    }
}

const GgufTensor* TensorSource::take(const std::string& name, int64_t d0, int64_t d1, int64_t d2)
{
    if (m_error) {
        return nullptr;
    }
    const GgufTensor* tensor = m_file.find(name);
    if (!tensor) {
        fail("tensor " + name +
             " is missing; the file may be cut short or converted for another program: download or "
             "convert it again");
        return nullptr;
    }
    if (tensor->dims[0] != d0 || tensor->dims[1] != d1 || tensor->dims[2] != d2 || tensor->dims[3] != 1) {
        fail("tensor " + name + " has the shape " + shape_text(tensor->dims[0], tensor->dims[1], tensor->dims[2]) +
             " where the metadata asks for " + shape_text(d0, d1, d2) + "; convert the model again");
        return nullptr;
    }
    m_taken.push_back(tensor);
    return tensor;
}

ConclaveMatrix TensorSource::matrix(const std::string& name, int64_t n_rows, int64_t n_cols, int64_t n_matrices)
{
    const GgufTensor* tensor = take(name, n_cols, n_rows, n_matrices);
    if (!tensor) {
        return {};
    }
    const DTypeInfo& type = *dtype_info(tensor->dtype);
    CONCLAVE_CHECK(n_cols % type.block_size == 0, "the reader lets only whole blocks through");
    const int64_t row_bytes = n_cols / type.block_size * type.block_bytes;
    CONCLAVE_CHECK(static_cast<uint64_t>(row_bytes * n_rows * n_matrices) == tensor->bytes.size(),
                   "the reader sized the tensor by its shape");
    return {tensor->bytes.data(),
            static_cast<int32_t>(tensor->dtype),
            static_cast<int32_t>(n_matrices),
            n_rows,
            n_cols,
            row_bytes,
            row_bytes * n_rows};
}

const float* TensorSource::vector(const std::string& name, int64_t n)
{
    const GgufTensor* tensor = take(name, n, 1, 1);
    if (!tensor) {
        return nullptr;
    }
    if (tensor->dtype != DType::F32 && tensor->dtype != DType::F16 && tensor->dtype != DType::BF16) {
        fail("tensor " + name + " is " + std::string(dtype_info(tensor->dtype)->name) +
             " where F32, F16 or BF16 is needed; quantise the model again and leave vectors as they are");
        return nullptr;
    }
    const std::span<float> out = m_derived.add(n);
    codec(tensor->dtype).decode_ref(tensor->bytes.data(), n, out.data());
    return out.data();
}

ConclaveMatrix rows_of(ConclaveMatrix matrix, int64_t first, int64_t n)
{
    if (matrix.data) {
        CONCLAVE_CHECK(first >= 0 && n >= 0 && first + n <= matrix.n_rows, "rows of the matrix");
        matrix.data = static_cast<const uint8_t*>(matrix.data) + first * matrix.row_bytes;
        matrix.n_rows = n;
    }
    return matrix;
}

ConclaveMatrix split_rows(ConclaveMatrix matrix, int64_t n_matrices)
{
    if (matrix.data) {
        CONCLAVE_CHECK(matrix.n_matrices == 1 && matrix.n_rows % n_matrices == 0, "equal parts");
        matrix.n_rows /= n_matrices;
        matrix.n_matrices = static_cast<int32_t>(n_matrices);
        matrix.matrix_bytes = matrix.n_rows * matrix.row_bytes;
    }
    return matrix;
}

} // namespace conclave
