#pragma once

#include <cstdint>
#include <vector>

#include "ops/op_table.hpp"
#include "tensor/dtype.hpp"

namespace conclave
{

/// Numbers that are the same on every platform (splitmix64), for the self-test and the tests of the ops.
class SampleNumbers
{
public:
    explicit SampleNumbers(uint64_t seed) : m_state(seed) {}
    uint64_t bits();
    /// Uniform in [low, high).
    float uniform(float low, float high);
    /// n values of mean 0 and the given root mean square.
    std::vector<float> floats(int64_t n, float rms);

private:
    uint64_t m_state;
};

/// Random weights as a file would hold them: any bytes are valid quants, the scales are set so that an element has a
/// root mean square of 1 / sqrt(n_cols) and mean 0. Bytes start at an odd address, as in a mapped file.
struct SampleMatrix {
    std::vector<uint8_t> bytes;
    std::vector<float> scales; ///< of FP8
    ConclaveMatrix view() const;

    DType dtype = DType::F32;
    int32_t n_matrices = 0;
    int64_t n_rows = 0, n_cols = 0;
};
SampleMatrix sample_matrix(SampleNumbers& numbers, DType dtype, int32_t n_matrices, int64_t n_rows, int64_t n_cols);

} // namespace conclave
