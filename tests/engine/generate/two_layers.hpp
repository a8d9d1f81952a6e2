#pragma once

#include "model/weights.hpp"

namespace conclave::test
{

/// No weights, but what a cache asks of them: two layers whose rows have different widths.
inline Weights two_layers()
{
    Weights weights;
    for (const int rank : {8, 16}) {
        ConclaveMlaWeights mla{};
        mla.kv_lora_rank = rank;
        mla.qk_rope_head_dim = 4;
        weights.layers.push_back({.token_mixer = mla, .channel_mixer = ConclaveMlpWeights{}});
    }
    return weights;
}

} // namespace conclave::test
