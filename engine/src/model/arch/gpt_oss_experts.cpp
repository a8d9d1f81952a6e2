#include "model/arch/gpt_oss_experts.hpp"

#include <algorithm>
#include <cstring>

#include "model/arch/channel_mixer.hpp"
#include "tensor/block_layout.hpp"

namespace conclave
{

namespace
{

/// Rows first, first + step, … of the rows of each expert as published.
struct Rows {
    int64_t n, first, step;
};

/// One of the three matrices of every expert, whose `n_all` rows as published hold those of `rows`.
struct Wanted {
    std::string name; ///< of the published tensor, without _blocks
    int64_t n_experts, n_all, n_cols;
    Rows rows;
};

ConclaveMatrix stack_of(const Wanted& wanted, DType dtype, const uint8_t* data)
{
    const DTypeInfo& type = *dtype_info(dtype);
    const int64_t row_bytes = wanted.n_cols / type.block_size * type.block_bytes;
    return {
        data,      static_cast<int32_t>(dtype), static_cast<int32_t>(wanted.n_experts), wanted.rows.n, wanted.n_cols,
        row_bytes, row_bytes * wanted.rows.n};
}

/// A block as GGUF has it: the scale, then element j low and j + 16 high in byte j. `packed` has 2j low and 2j + 1
/// high.
void pack_block(uint8_t scale, const uint8_t* packed, uint8_t* out)
{
    out[mxfp4::e] = scale;
    for (int m = 0; m < 8; ++m) {
        const uint8_t early = packed[m], late = packed[m + 8];
        out[mxfp4::qs + 2 * m] = static_cast<uint8_t>((early & 0xF) | (late & 0xF) << 4);
        out[mxfp4::qs + 2 * m + 1] = static_cast<uint8_t>(early >> 4 | (late & 0xF0));
    }
}

ConclaveMatrix from_blocks(TensorSource& tensors, const Wanted& wanted)
{
    if (wanted.n_cols % mxfp4::n != 0) {
        tensors.fail("experts of " + std::to_string(wanted.n_cols) + " columns do not divide into blocks of MXFP4");
        return {};
    }
    const int64_t n_blocks = wanted.n_cols / mxfp4::n, n_experts = wanted.n_experts;
    const FileTensor* blocks = tensors.whole(wanted.name + "_blocks", {16, n_blocks, wanted.n_all, n_experts});
    const FileTensor* scales = tensors.whole(wanted.name + "_scales", {n_blocks, wanted.n_all, n_experts, 1});
    if (!blocks || !scales) {
        return {};
    }
    if (blocks->dtype != DType::U8 || scales->dtype != DType::U8) {
        tensors.fail("the blocks and scales of " + wanted.name + " are not of plain bytes; download the model again");
        return {};
    }
    const auto out = tensors.derive_bytes(n_experts * wanted.rows.n * n_blocks * mxfp4::n_bytes);
    uint8_t* to = out.data();
    for (int64_t e = 0; e < n_experts; ++e) {
        for (int64_t r = 0; r < wanted.rows.n; ++r) {
            const int64_t row = e * wanted.n_all + wanted.rows.first + wanted.rows.step * r;
            const uint8_t* packed = blocks->bytes.data() + row * n_blocks * 16;
            const uint8_t* scale = scales->bytes.data() + row * n_blocks;
            for (int64_t b = 0; b < n_blocks; ++b, to += mxfp4::n_bytes) {
                pack_block(scale[b], packed + 16 * b, to);
            }
        }
    }
    return stack_of(wanted, DType::MXFP4, out.data());
}

/// Rows and columns are exchanged, in strips that the cache holds.
ConclaveMatrix from_floats(TensorSource& tensors, const Wanted& wanted)
{
    constexpr int64_t strip = 64;
    const FileTensor* tensor = tensors.whole(wanted.name, {wanted.n_all, wanted.n_cols, wanted.n_experts, 1});
    if (!tensor) {
        return {};
    }
    const DTypeInfo& type = *dtype_info(tensor->dtype);
    if (type.block_size != 1 || type.block_bytes == 1) {
        tensors.fail(wanted.name + " is " + std::string(type.name) + " where F32, F16 or BF16 is needed");
        return {};
    }
    const int64_t size = type.block_bytes, n_cols = wanted.n_cols;
    const auto out = tensors.derive_bytes(wanted.n_experts * wanted.rows.n * n_cols * size);
    for (int64_t e = 0; e < wanted.n_experts; ++e) {
        const uint8_t* from = tensor->bytes.data() + e * n_cols * wanted.n_all * size;
        uint8_t* to = out.data() + e * wanted.rows.n * n_cols * size;
        for (int64_t begin = 0; begin < n_cols; begin += strip) {
            for (int64_t r = 0; r < wanted.rows.n; ++r) {
                const int64_t row = wanted.rows.first + wanted.rows.step * r;
                for (int64_t c = begin; c < std::min(begin + strip, n_cols); ++c) {
                    std::memcpy(to + (r * n_cols + c) * size, from + (c * wanted.n_all + row) * size,
                                static_cast<size_t>(size));
                }
            }
        }
    }
    return stack_of(wanted, tensor->dtype, out.data());
}

/// The published biases of gate and up alternate.
void split_biases(TensorSource& tensors, const float* both, int64_t n, ConclaveMoeWeights& moe)
{
    if (!both) {
        return;
    }
    const std::span<float> gate = tensors.derive(n), up = tensors.derive(n);
    for (int64_t i = 0; i < n; ++i) {
        gate[static_cast<size_t>(i)] = both[2 * i];
        up[static_cast<size_t>(i)] = both[2 * i + 1];
    }
    moe.gate_exps_bias = gate.data();
    moe.up_exps_bias = up.data();
}

void bind_published(TensorSource& tensors, const Config& config, int layer, ConclaveMoeWeights& moe)
{
    const int64_t n = config.n_routed_experts, width = config.moe_intermediate_size, hidden = config.hidden_size;
    const std::string both = block(layer, "mlp.experts.gate_up_proj"), down = block(layer, "mlp.experts.down_proj");
    const auto stack = tensors.has(both + "_blocks") ? from_blocks : from_floats;
    moe.gate_exps = stack(tensors, {both, n, 2 * width, hidden, {width, 0, 2}});
    moe.up_exps = stack(tensors, {both, n, 2 * width, hidden, {width, 1, 2}});
    moe.down_exps = stack(tensors, {down, n, hidden, width, {hidden, 0, 1}});
    split_biases(tensors, tensors.vector(both + "_bias", 2 * width, n), n * width, moe);
    moe.down_exps_bias = tensors.vector(down + "_bias", hidden, n);
}

} // namespace

void bind_gpt_oss_experts(TensorSource& tensors, const Config& config, int layer, ConclaveMoeWeights& moe)
{
    if (tensors.has(block(layer, "mlp.experts.gate_up_proj_bias"))) {
        bind_published(tensors, config, layer, moe);
        return;
    }
    const int64_t n = config.n_routed_experts, width = config.moe_intermediate_size;
    bind_experts(tensors, config, layer, moe);
    moe.gate_exps_bias = tensors.vector(block(layer, "ffn_gate_exps.bias"), width, n);
    moe.up_exps_bias = tensors.vector(block(layer, "ffn_up_exps.bias"), width, n);
    moe.down_exps_bias = tensors.vector(block(layer, "ffn_down_exps.bias"), config.hidden_size, n);
}

} // namespace conclave
