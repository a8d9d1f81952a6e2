#pragma once

#include "conclave/result.hpp"
#include "model/config.hpp"
#include "model/key_reader.hpp"
#include "model/tensor_source.hpp"
#include "model/weights.hpp"

namespace conclave
{

/// What the families with grouped-query attention do not say in their files; each family's own constants.
struct GroupedQueryFamily {
    bool rope_interleave = false;  ///< how GGUF's converter left the rows of q and k
    bool norm_topk_prob = false;   ///< where expert_weights_norm is absent
    const char* routing_from = ""; ///< what norm_topk_prob was inferred from
    ScoringFunc scoring_func = ScoringFunc::softmax;
    bool has_window = false;   ///< a sliding window is part of the family
    bool yarn_truncate = true; ///< where the file does not say
};

/// Everything of such a family but its layers and experts.
void read_grouped_query(KeyReader& keys, const GroupedQueryFamily& family, Config& config);

/// The metadata of a decoder with grouped-query attention: sizes, heads, RoPE, and experts that score as the family's
/// do and choose the best of all, in every layer.
Result<Config> grouped_query_config(const ModelFile& file, const std::string& architecture,
                                    const GroupedQueryFamily& family);

/// attn_norm, attn_q, attn_k, attn_v, attn_output; biases where the file has them; attn_q_norm and attn_k_norm as
/// `qk_norm` asks.
ConclaveGqaWeights bind_grouped_query(TensorSource& tensors, const Config& config, const ConclaveRope& rope, int layer,
                                      ConclaveQkNorm qk_norm);

} // namespace conclave
