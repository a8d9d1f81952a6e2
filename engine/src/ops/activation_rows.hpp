#pragma once

#include <cstdint>

#include "ops/scratch.hpp"
#include "tensor/codec.hpp"
#include "tensor/int8_gemm.hpp"

namespace conclave
{

/// Rows of activations, and room for the same in int8 blocks of 32, filled only when a weight type asks for them.
struct ActivationRows {
    float* x;        ///< [n_rows, n]
    int8_t* q;       ///< [n_rows, n]
    float* scale;    ///< [n_rows, n_blocks]
    float* sum;      ///< [n_rows, n_blocks]
    float* half_sum; ///< [n_rows, 2 * n_blocks]
    int64_t n;
    int64_t n_blocks;

    static ActivationRows take(Scratch& scratch, int64_t n_rows, int64_t n)
    {
        const int64_t n_blocks = (n + 31) / 32;
        return {scratch.take<float>(n_rows * n),
                scratch.take<int8_t>(n_rows * n),
                scratch.take<float>(n_rows * n_blocks),
                scratch.take<float>(n_rows * n_blocks),
                scratch.take<float>(n_rows * 2 * n_blocks),
                n,
                n_blocks};
    }
    float* row(int64_t i) const { return x + i * n; }
    Activation activation(int64_t i) const
    {
        return {x + i * n, q + i * n, scale + i * n_blocks, sum + i * n_blocks, half_sum + i * 2 * n_blocks};
    }
    /// Elements [begin, end) of row i; begin and end - begin are multiples of 32.
    void quantize(int64_t i, int64_t begin, int64_t end) const
    {
        const int64_t block = i * n_blocks + begin / 32;
        quantize_activation(x + i * n + begin, end - begin,
                            {q + i * n + begin, scale + block, sum + block, half_sum + 2 * block});
    }
};

/// Rows of a product from which unpacking its weights pays.
constexpr int64_t min_panel_rows = 6;

constexpr int64_t panels_of(int64_t n_rows)
{
    return (n_rows + panel_rows - 1) / panel_rows;
}

/// Room for the panels of one product after another, each of rows up to `width` long.
struct PanelMemory {
    Int8Panels widest; ///< n is the width

    static PanelMemory take(Scratch& scratch, int64_t n_panels, int64_t width)
    {
        width = (width + 31) / 32 * 32;
        const int64_t size = n_panels * panel_rows * width;
        return {{scratch.take<int8_t>(size), scratch.take<float>(size / 32), scratch.take<float>(size / 32),
                 scratch.take<int32_t>(size / 16), width}};
    }
    /// Panels of rows of n elements, in the place of those from number `first` on.
    Int8Panels panels(int64_t first, int64_t n) const
    {
        Int8Panels panels = widest.from(first);
        panels.n = n;
        return panels;
    }
};

} // namespace conclave
