#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "model/engine_state.hpp"
#include "model/weights.hpp"
#include "model_shapes.hpp"
#include "ops/sample_layers.hpp"

namespace conclave::gpu
{

/// Random weights of a shape on a device: every matrix has bytes of its own, as a model's have, made by repeating few
/// random rows.
class GeneratedWeights
{
public:
    /// Errors: out_of_memory with the bytes wanted and free.
    static Result<GeneratedWeights> create(const OpPlace& place, const ModelShape& shape);

    const Weights& weights() const { return m_weights; }
    uint64_t n_bytes() const { return m_n_bytes; }

private:
    GeneratedWeights(const OpPlace& place, const ModelShape& shape);

    void lay_out();
    Result<void> fill();
    ConclaveMatrix matrix(DType dtype, int64_t n_rows, int64_t n_cols, int32_t n_matrices = 1);
    const float* constant(int64_t n, float value = 1);
    ConclaveMlaWeights latent_attention();
    ConclaveGqaWeights grouped_attention();
    ConclaveMoeWeights experts();
    Layer layer(int index);
    std::byte* take(uint64_t n_bytes);
    Result<void> repeat(std::byte* to, uint64_t n_bytes, const void* from, uint64_t n_from);

    struct Piece {
        std::byte* to;
        uint64_t n_bytes;
        DType dtype;
        int64_t n_cols; ///< 0: `value` over and over
        float value;
    };
    OpPlace m_place;
    ModelShape m_shape;
    Weights m_weights;
    OpMemory m_memory;
    std::vector<Piece> m_pieces;
    uint64_t m_n_bytes = 0;
    std::map<std::pair<DType, int64_t>, SampleMatrix> m_samples;
};

} // namespace conclave::gpu
