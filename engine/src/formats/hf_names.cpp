#include "formats/hf_names.hpp"

#include <charconv>
#include <optional>
#include <span>

namespace conclave
{

namespace
{

struct Pair {
    std::string_view published, gguf;
};

// Sources: modeling_<family>.py of transformers; ggml docs and gguf-py's constants.py for the other side.
constexpr Pair ends[] = {
    {"model.embed_tokens.weight", "token_embd.weight"},
    {"model.norm.weight", "output_norm.weight"},
    {"lm_head.weight", "output.weight"},
};
// Of a layer, without ".weight" or ".bias". A star is an expert's number.
constexpr Pair parts[] = {
    {"input_layernorm", "attn_norm"},
    {"self_attn.q_proj", "attn_q"},
    {"self_attn.k_proj", "attn_k"},
    {"self_attn.v_proj", "attn_v"},
    {"self_attn.o_proj", "attn_output"},
    {"self_attn.q_norm", "attn_q_norm"},
    {"self_attn.k_norm", "attn_k_norm"},
    {"self_attn.q_a_proj", "attn_q_a"},
    {"self_attn.q_a_layernorm", "attn_q_a_norm"},
    {"self_attn.q_b_proj", "attn_q_b"},
    {"self_attn.kv_a_proj_with_mqa", "attn_kv_a_mqa"},
    {"self_attn.kv_a_layernorm", "attn_kv_a_norm"},
    {"self_attn.kv_b_proj", "attn_kv_b"},
    {"post_attention_layernorm", "ffn_norm"},
    {"mlp.gate_proj", "ffn_gate"},
    {"mlp.up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"},
    {"mlp.gate", "ffn_gate_inp"},
    {"mlp.experts.*.gate_proj", "ffn_gate_exps"},
    {"mlp.experts.*.up_proj", "ffn_up_exps"},
    {"mlp.experts.*.down_proj", "ffn_down_exps"},
    {"mlp.shared_expert_gate", "ffn_gate_inp_shexp"},
    {"mlp.shared_expert.gate_proj", "ffn_gate_shexp"},
    {"mlp.shared_expert.up_proj", "ffn_up_shexp"},
    {"mlp.shared_expert.down_proj", "ffn_down_shexp"},
};
constexpr Pair deepseek_parts[] = {
    {"mlp.shared_experts.gate_proj", "ffn_gate_shexp"},
    {"mlp.shared_experts.up_proj", "ffn_up_shexp"},
    {"mlp.shared_experts.down_proj", "ffn_down_shexp"},
};
constexpr Pair mixtral_parts[] = {
    {"block_sparse_moe.gate", "ffn_gate_inp"},
    {"block_sparse_moe.experts.*.w1", "ffn_gate_exps"},
    {"block_sparse_moe.experts.*.w3", "ffn_up_exps"},
    {"block_sparse_moe.experts.*.w2", "ffn_down_exps"},
};
constexpr Pair gpt_oss_parts[] = {
    {"mlp.router", "ffn_gate_inp"},
};
// Of a layer of multi-token prediction, which stands behind the others.
constexpr Pair mtp_parts[] = {
    {"eh_proj", "nextn.eh_proj"},
    {"embed_tokens", "nextn.embed_tokens"},
    {"enorm", "nextn.enorm"},
    {"hnorm", "nextn.hnorm"},
    {"shared_head.norm", "nextn.shared_head_norm"},
    {"shared_head.head", "nextn.shared_head_head"},
};
// Those that are no ".weight" or ".bias" of a part.
constexpr Pair whole_names[] = {
    {"mlp.gate.e_score_correction_bias", "exp_probs_b.bias"},
    {"self_attn.sinks", "attn_sinks.weight"},
};

std::optional<int> number_at(std::string_view text, size_t& at)
{
    int value = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
    if (error != std::errc() || value < 0)
        return std::nullopt;
    at = static_cast<size_t>(end - text.data());
    return value;
}

/// "3.REST" behind `prefix`.
struct InLayer {
    int layer = 0;
    std::string_view rest;
};

std::optional<InLayer> in_layer(std::string_view name, std::string_view prefix)
{
    if (!name.starts_with(prefix))
        return std::nullopt;
    size_t at = prefix.size();
    const auto layer = number_at(name, at);
    if (!layer || at >= name.size() || name[at] != '.')
        return std::nullopt;
    return InLayer{*layer, name.substr(at + 1)};
}

std::string block(int layer, std::string_view rest)
{
    return "blk." + std::to_string(layer) + "." + std::string(rest);
}

const Pair* find(std::span<const Pair> pairs, std::string_view Pair::* side, std::string_view name)
{
    for (const Pair& pair : pairs)
        if (pair.*side == name)
            return &pair;
    return nullptr;
}

/// `own` are the parts that this family alone names so.
std::string published_tensor(std::span<const Pair> own, std::string_view gguf_name)
{
    if (const Pair* end = find(ends, &Pair::gguf, gguf_name))
        return std::string(end->published);
    const auto place = in_layer(gguf_name, "blk.");
    if (!place)
        return std::string(gguf_name);
    const std::string layer = "model.layers." + std::to_string(place->layer) + ".";
    if (const Pair* whole = find(whole_names, &Pair::gguf, place->rest))
        return layer + std::string(whole->published);
    const size_t dot = place->rest.rfind('.');
    const std::string_view part = place->rest.substr(0, dot);
    const Pair* pair = find(own, &Pair::gguf, part);
    if (!pair)
        pair = find(parts, &Pair::gguf, part);
    if (!pair)
        pair = find(mtp_parts, &Pair::gguf, part);
    if (!pair || dot == std::string_view::npos)
        return layer + std::string(place->rest);
    return layer + std::string(pair->published) + std::string(place->rest.substr(dot));
}

} // namespace

GgufPlace gguf_place(std::string_view published)
{
    if (const Pair* end = find(ends, &Pair::published, published))
        return {std::string(end->gguf)};
    const auto place = in_layer(published, "model.layers.");
    if (!place)
        return {std::string(published)};
    if (const Pair* whole = find(whole_names, &Pair::published, place->rest))
        return {block(place->layer, whole->gguf)};
    const size_t dot = place->rest.rfind('.');
    if (dot == std::string_view::npos)
        return {block(place->layer, place->rest)};
    std::string part(place->rest.substr(0, dot));
    GgufPlace result;
    constexpr std::string_view experts = ".experts.";
    if (const size_t at = part.find(experts); at != std::string::npos) {
        size_t end = at + experts.size();
        if (const auto expert = number_at(part, end)) {
            result.expert = *expert;
            part.replace(at + experts.size(), end - at - experts.size(), "*");
        }
    }
    const Pair* pair = nullptr;
    for (const std::span<const Pair> pairs :
         {std::span<const Pair>(parts), {deepseek_parts}, {mixtral_parts}, {gpt_oss_parts}, {mtp_parts}})
        if (!pair)
            pair = find(pairs, &Pair::published, part);
    if (!pair)
        return {block(place->layer, place->rest)};
    result.name = block(place->layer, pair->gguf) + std::string(place->rest.substr(dot));
    return result;
}

std::function<std::string(std::string_view)> published_tensors(std::string_view gguf_architecture, bool is_mixtral)
{
    std::span<const Pair> own;
    if (is_mixtral)
        own = mixtral_parts;
    else if (gguf_architecture == "deepseek2" || gguf_architecture == "glm4moe")
        own = deepseek_parts;
    else if (gguf_architecture == "gpt-oss")
        own = gpt_oss_parts;
    return [own](std::string_view name) { return published_tensor(own, name); };
}

} // namespace conclave
