#include "formats/hf_config.hpp"

#include <format>
#include <optional>
#include <span>
#include <utility>

#include "formats/hf_names.hpp"
#include "formats/json_file.hpp"
#include "formats/printable.hpp"

namespace conclave
{

namespace
{

struct Pair {
    std::string_view published, gguf;
};

constexpr Pair model_types[] = {
    {"deepseek_v2", "deepseek2"}, {"deepseek_v3", "deepseek2"}, {"kimi_k2", "deepseek2"},  {"qwen2", "qwen2"},
    {"qwen2_moe", "qwen2moe"},    {"qwen3", "qwen3"},           {"qwen3_moe", "qwen3moe"}, {"llama", "llama"},
    {"mixtral", "llama"},         {"olmoe", "olmoe"},           {"mistral", "llama"},      {"gpt_oss", "gpt-oss"},
    {"glm4_moe", "glm4moe"},
};

// Numbers and truth values that mean the same on both sides. Sources: configuration_<family>.py of transformers,
// gguf-py's constants.py.
constexpr Pair keys[] = {
    {"hidden_size", "embedding_length"},
    {"num_hidden_layers", "block_count"},
    {"max_position_embeddings", "context_length"},
    {"intermediate_size", "feed_forward_length"},
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon"},
    {"num_attention_heads", "attention.head_count"},
    {"num_key_value_heads", "attention.head_count_kv"},
    {"head_dim", "attention.key_length"},
    {"q_lora_rank", "attention.q_lora_rank"},
    {"kv_lora_rank", "attention.kv_lora_rank"},
    {"v_head_dim", "attention.value_length_mla"},
    {"qk_rope_head_dim", "rope.dimension_count"},
    {"clip_qkv", "attention.clamp_kqv"},
    {"rope_theta", "rope.freq_base"},
    {"num_experts", "expert_count"},
    {"num_local_experts", "expert_count"},
    {"n_routed_experts", "expert_count"},
    {"num_experts_per_tok", "expert_used_count"},
    {"moe_intermediate_size", "expert_feed_forward_length"},
    {"shared_expert_intermediate_size", "expert_shared_feed_forward_length"},
    {"n_shared_experts", "expert_shared_count"},
    {"first_k_dense_replace", "leading_dense_block_count"},
    {"norm_topk_prob", "expert_weights_norm"},
    {"routed_scaling_factor", "expert_weights_scale"},
};
constexpr Pair scaling_keys[] = {
    {"factor", "rope.scaling.factor"},
    {"original_max_position_embeddings", "rope.scaling.original_context_length"},
    {"beta_fast", "rope.scaling.yarn_beta_fast"},
    {"beta_slow", "rope.scaling.yarn_beta_slow"},
    {"low_freq_factor", "rope.scaling.low_freq_factor"},
    {"high_freq_factor", "rope.scaling.high_freq_factor"},
    {"attention_factor", "rope.scaling.attention_factor"},
    {"mscale", "rope.scaling.mscale"},
    {"mscale_all_dim", "rope.scaling.mscale_all_dim"},
    {"truncate", "rope.scaling.truncate"},
};
// Put together below, and named for messages.
constexpr Pair other_keys[] = {
    {"qk_nope_head_dim", "attention.key_length_mla"}, {"sliding_window", "attention.sliding_window"},
    {"scoring_func", "expert_gating_func"},           {"n_group", "expert_group_count"},
    {"topk_group", "expert_group_used_count"},        {"rope_scaling", "rope.scaling.type"},
};

std::optional<FileValue> value_of(const nlohmann::json& json)
{
    if (json.is_boolean())
        return json.get<bool>();
    if (json.is_number_unsigned())
        return json.get<uint64_t>();
    if (json.is_number_integer())
        return json.get<int64_t>();
    if (json.is_number_float())
        return json.get<double>();
    return std::nullopt;
}

/// Reads one config; the first thing wrong ends it.
class Reader
{
public:
    Reader(const nlohmann::json& config, std::string_view architecture, ModelFile::Contents& contents)
        : m_config(config), m_contents(contents), m_prefix(std::string(architecture) + ".")
    {
    }

    Result<void> read()
    {
        for (const auto& [published, gguf] : keys)
            if (const nlohmann::json* value = present(m_config, published))
                if (auto done = put(gguf, published, *value); !done)
                    return done;
        for (const auto step : {&Reader::read_attention, &Reader::read_rope, &Reader::read_experts, &Reader::refuse})
            if (auto done = (this->*step)(); !done)
                return done;
        return {};
    }

private:
    /// nullptr for null too, which published configs write for "not used".
    static const nlohmann::json* present(const nlohmann::json& object, std::string_view key)
    {
        const auto found = object.find(key);
        return found == object.end() || found->is_null() ? nullptr : &*found;
    }
    bool states(std::string_view key, bool fallback) const
    {
        const nlohmann::json* value = present(m_config, key);
        return value && value->is_boolean() ? value->get<bool>() : fallback;
    }

    Error wrong(std::string_view what, ErrorCode code = ErrorCode::format) const
    {
        return {code, std::format("{}: config.json {}.", m_contents.name, what)};
    }

    void set(std::string_view gguf, FileValue value) { m_contents.values[m_prefix + std::string(gguf)] = value; }

    Result<void> put(std::string_view gguf, std::string_view published, const nlohmann::json& json)
    {
        auto value = value_of(json);
        if (!value)
            return wrong(std::format("gives {} as something other than a number or a truth value; download it again",
                                     published));
        set(gguf, *value);
        return {};
    }

    Result<void> read_attention()
    {
        const nlohmann::json *nope = present(m_config, "qk_nope_head_dim"),
                             *rope = present(m_config, "qk_rope_head_dim");
        if (present(m_config, "kv_lora_rank")) {
            // Both are small in every model; what is not a number is told by the architecture, which asks for the sum.
            constexpr int64_t large = 1 << 20;
            const auto size = [](const nlohmann::json* value) -> int64_t {
                return value && value->is_number_unsigned() && value->get<uint64_t>() < large ? value->get<int64_t>()
                                                                                              : large;
            };
            set("attention.key_length_mla", size(nope) + size(rope));
        }
        // Rows of q and k lie as published, pairs half a head apart; in GGUF's llama they are neighbours.
        set("rope.interleaved", false);
        if (auto done = read_partial_rotary(); !done)
            return done;
        const nlohmann::json* window = present(m_config, "sliding_window");
        return window && states("use_sliding_window", true) ? put("attention.sliding_window", "sliding_window", *window)
                                                            : Result<void>();
    }

    /// GLM turns a share of a head.
    Result<void> read_partial_rotary()
    {
        const nlohmann::json *share = present(m_config, "partial_rotary_factor"), *dim = present(m_config, "head_dim");
        if (!share)
            return {};
        if (!share->is_number() || !dim || !dim->is_number_unsigned())
            return wrong("gives partial_rotary_factor without a number, or without head_dim; download it again");
        const double n_dims = static_cast<double>(dim->get<uint64_t>()) * share->get<double>();
        if (!(n_dims >= 2 && n_dims <= 1 << 20))
            return wrong("gives a partial_rotary_factor that turns no part of a head; download it again");
        set("rope.dimension_count", static_cast<uint64_t>(n_dims));
        return {};
    }

    Result<void> read_rope()
    {
        // transformers 5 has all of it, rope_theta too, in rope_parameters.
        const nlohmann::json* scaling = present(m_config, "rope_scaling");
        if (const nlohmann::json* parameters = present(m_config, "rope_parameters"); parameters && !scaling) {
            scaling = parameters;
            if (const nlohmann::json* theta = parameters->is_object() ? present(*parameters, "rope_theta") : nullptr)
                if (auto done = put("rope.freq_base", "rope_theta", *theta); !done)
                    return done;
        }
        if (!scaling)
            return {};
        if (!scaling->is_object())
            return wrong("gives rope_scaling as something other than an object; download it again");
        std::string type = string_of(*scaling, "rope_type");
        if (type.empty())
            type = string_of(*scaling, "type");
        if (type.empty() || type == "default")
            return {};
        if (present(*scaling, "mscale") && !present(m_config, "kv_lora_rank"))
            return unsupported("gives mscale for attention without a latent");
        set("rope.scaling.type", own(std::move(type)));
        for (const auto& [published, gguf] : scaling_keys)
            if (const nlohmann::json* value = present(*scaling, published))
                if (auto done = put(gguf, published, *value); !done)
                    return done;
        if (!present(*scaling, "original_max_position_embeddings"))
            if (const nlohmann::json* context = present(m_config, "max_position_embeddings"))
                return put("rope.scaling.original_context_length", "max_position_embeddings", *context);
        return {};
    }

    Result<void> read_experts()
    {
        if (const std::string score = string_of(m_config, "scoring_func"); !score.empty()) {
            if (score != "softmax" && score != "sigmoid")
                return wrong(std::format("asks for experts scored by \"{}\", which is not supported; known are softmax "
                                         "and sigmoid",
                                         printable(score)),
                             ErrorCode::unsupported);
            set("expert_gating_func", uint64_t{score == "softmax" ? 1u : 2u});
        }
        const std::string method = string_of(m_config, "topk_method");
        const nlohmann::json* groups = present(m_config, "n_group");
        if (!groups || method == "greedy") {
            set("expert_group_count", uint64_t{1});
            return {};
        }
        if (auto done = put("expert_group_count", "n_group", *groups); !done)
            return done;
        const nlohmann::json* used = present(m_config, "topk_group");
        return used ? put("expert_group_used_count", "topk_group", *used) : Result<void>();
    }

    /// What would silently change the answers.
    Result<void> refuse()
    {
        const auto number = [this](std::string_view key, double fallback) {
            const nlohmann::json* value = present(m_config, key);
            return value && value->is_number() ? value->get<double>() : fallback;
        };
        if (const std::string act = string_of(m_config, "hidden_act"); !act.empty() && act != "silu")
            return unsupported(std::format("asks for the activation \"{}\"", printable(act)));
        if (number("moe_layer_freq", 1) != 1 || number("decoder_sparse_step", 1) != 1)
            return unsupported("has experts in some layers only");
        if (const nlohmann::json* dense = present(m_config, "mlp_only_layers"); dense && !dense->empty())
            return unsupported("has layers without experts among those with (mlp_only_layers)");
        if (const nlohmann::json* types = present(m_config, "layer_types");
            types && types->is_array() && m_prefix == "gpt-oss.")
            for (size_t i = 0; i < types->size(); ++i)
                if ((*types)[i] != (i % 2 == 0 ? "sliding_attention" : "full_attention"))
                    return unsupported("has windows in other layers than every second (layer_types)");
        if (const nlohmann::json* quantized = present(m_config, "quantization_config")) {
            const std::string method = quantized->is_object() ? string_of(*quantized, "quant_method") : "";
            const nlohmann::json* block = quantized->is_object() ? present(*quantized, "weight_block_size") : nullptr;
            if (method == "fp8" && block && *block == nlohmann::json({128, 128}))
                return {};
            if (method == "mxfp4" && m_prefix == "gpt-oss.")
                return {};
            return unsupported(std::format("says that the weights are quantised by \"{}\"", printable(method)));
        }
        return {};
    }
    Error unsupported(std::string_view what) const
    {
        return wrong(std::format("{}, which is not supported; take the model in BF16, or as GGUF", what),
                     ErrorCode::unsupported);
    }

    std::string_view own(std::string text) { return m_contents.texts.emplace_back(std::move(text)); }

    const nlohmann::json& m_config;
    ModelFile::Contents& m_contents;
    std::string m_prefix;
};

} // namespace

Result<void> read_hf_config(const nlohmann::json& config, ModelFile::Contents& contents)
{
    const std::string model_type = string_of(config, "model_type");
    std::string known;
    for (const auto& [published, architecture] : model_types) {
        if (published == model_type) {
            contents.values["general.architecture"] = architecture;
            contents.values["general.name"] = std::string_view(contents.texts.emplace_back(contents.name));
            contents.published = {published_tensors(architecture, model_type == "mixtral"), published_key};
            return Reader(config, architecture, contents).read();
        }
        known += (known.empty() ? "" : ", ") + std::string(published);
    }
    return Error{ErrorCode::unsupported, std::format("{}: the model_type \"{}\" of config.json is not supported; known "
                                                     "are: {}.",
                                                     contents.name, printable(model_type), known)};
}

std::string_view published_key(std::string_view gguf_key)
{
    for (const auto& pairs : {std::span<const Pair>(keys), {scaling_keys}, {other_keys}})
        for (const Pair& pair : pairs)
            if (pair.gguf == gguf_key)
                return pair.published;
    return gguf_key;
}

std::optional<bool> ties_embeddings(const nlohmann::json& config)
{
    const auto found = config.find("tie_word_embeddings");
    return found != config.end() && found->is_boolean() ? std::optional(found->get<bool>()) : std::nullopt;
}

} // namespace conclave
