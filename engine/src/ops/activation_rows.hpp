#pragma once

#include <cstdint>

#include "ops/scratch.hpp"
#include "tensor/codec.hpp"

namespace conclave
{

/// Rows of activations, and room for the same in int8 blocks of 32, filled only when a weight type asks for them.
struct ActivationRows {
    float* x;     ///< [n_rows, n]
    int8_t* q;    ///< [n_rows, n]
    float* scale; ///< [n_rows, n_blocks]
    int32_t* sum; ///< [n_rows, n_blocks]
    int64_t n;
    int64_t n_blocks;

    static ActivationRows take(Scratch& scratch, int64_t n_rows, int64_t n)
    {
        const int64_t n_blocks = (n + 31) / 32;
        return {scratch.take<float>(n_rows * n),
                scratch.take<int8_t>(n_rows * n),
                scratch.take<float>(n_rows * n_blocks),
                scratch.take<int32_t>(n_rows * n_blocks),
                n,
                n_blocks};
    }
    float* row(int64_t i) const { return x + i * n; }
    Activation activation(int64_t i) const { return {x + i * n, q + i * n, scale + i * n_blocks, sum + i * n_blocks}; }
    /// Elements [begin, end) of row i; begin and end - begin are multiples of 32.
    void quantize(int64_t i, int64_t begin, int64_t end) const
    {
        quantize_activation(x + i * n + begin, end - begin, q + i * n + begin, scale + i * n_blocks + begin / 32,
                            sum + i * n_blocks + begin / 32);
    }
};

} // namespace conclave
