#include "model/tiny_model.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include "ops/sample_layers.hpp"

namespace conclave::test
{

namespace
{

uint32_t u(int value)
{
    return static_cast<uint32_t>(value);
}

class Bytes
{
public:
    std::vector<uint8_t> data;
    template <class T>
    void put(T value)
    {
        const auto at = data.size();
        data.resize(at + sizeof value);
        std::memcpy(data.data() + at, &value, sizeof value);
    }
    void text(std::string_view value)
    {
        put<uint64_t>(value.size());
        data.insert(data.end(), value.begin(), value.end());
    }
    void align()
    {
        while (data.size() % 32 != 0)
            data.push_back(0);
    }
    void value(const TinyModel::Value& value)
    {
        if (const auto* number = std::get_if<uint32_t>(&value)) {
            put<uint32_t>(4);
            put(*number);
        } else if (const auto* real = std::get_if<float>(&value)) {
            put<uint32_t>(6);
            put(*real);
        } else if (const auto* flag = std::get_if<bool>(&value)) {
            put<uint32_t>(7);
            put<uint8_t>(*flag);
        } else {
            put<uint32_t>(8);
            text(std::get<std::string>(value));
        }
    }
};

} // namespace

const std::filesystem::path& scratch_folder()
{
    struct Folder {
        std::filesystem::path path =
            std::filesystem::temp_directory_path() / ("conclave-test-" + std::to_string(std::random_device()()));
        Folder() { std::filesystem::create_directories(path); }
        ~Folder() { std::filesystem::remove_all(path); }
    };
    static const Folder folder;
    return folder.path;
}

TinyModel::TinyModel(const Shape& s, uint32_t seed)
    : m_architecture(s.head_dim > 0 ? "qwen3moe" : "deepseek2"), m_random(seed)
{
    set("general.architecture", m_architecture);
    set("general.name", std::string("tiny"));
    set("tokenizer.ggml.model", std::string("no_vocab"));
    set("context_length", u(s.context));
    set("embedding_length", u(s.hidden));
    set("block_count", u(s.layers));
    set("feed_forward_length", u(s.ffn));
    set("attention.head_count", u(s.heads));
    set("attention.layer_norm_rms_epsilon", 1e-6f);
    if (s.head_dim > 0) {
        set("attention.head_count_kv", u(s.kv_heads));
        set("attention.key_length", u(s.head_dim));
        set("attention.value_length", u(s.head_dim));
    } else {
        set_mla(s);
    }
    set_experts(s);
    add("token_embd.weight", {s.hidden, s.vocab}, 1);
    add("output_norm.weight", {s.hidden}, 0);
    add("output.weight", {s.hidden, s.vocab}, 1);
    for (int i = 0; i < s.layers; ++i)
        add_layer(s, i);
}

void TinyModel::set_mla(const Shape& s)
{
    if (s.q_lora > 0)
        set("attention.q_lora_rank", u(s.q_lora));
    set("attention.kv_lora_rank", u(s.kv_lora));
    set("attention.key_length_mla", u(s.nope + s.rope));
    set("attention.value_length_mla", u(s.v));
    set("rope.dimension_count", u(s.rope));
    set("leading_dense_block_count", u(s.dense));
}

void TinyModel::set_experts(const Shape& s)
{
    set("expert_count", u(s.experts));
    set("expert_used_count", u(s.used));
    if (s.shared > 0)
        set("expert_shared_count", u(s.shared));
    set("expert_feed_forward_length", u(s.expert_ffn));
    set("expert_weights_scale", 2.0f);
    set("expert_weights_norm", s.sigmoid);
    set("expert_gating_func", u(s.sigmoid ? 2 : 1));
    if (s.groups > 1) {
        set("expert_group_count", u(s.groups));
        set("expert_group_used_count", u(s.groups_used));
    }
}

void TinyModel::add_mla(const Shape& s, const std::string& b)
{
    const int head = s.nope + s.rope;
    if (s.q_lora > 0) {
        add(b + "attn_q_a.weight", {s.hidden, s.q_lora}, 1);
        add(b + "attn_q_a_norm.weight", {s.q_lora}, 0);
        add(b + "attn_q_b.weight", {s.q_lora, s.heads * head}, 1);
    } else {
        add(b + "attn_q.weight", {s.hidden, s.heads * head}, 1);
    }
    add(b + "attn_kv_a_mqa.weight", {s.hidden, s.kv_lora + s.rope}, 1);
    add(b + "attn_kv_a_norm.weight", {s.kv_lora}, 0);
    if (s.old_kv_b) {
        add(b + "attn_kv_b.weight", {s.kv_lora, s.heads * (s.nope + s.v)}, 1);
    } else {
        add(b + "attn_k_b.weight", {s.nope, s.kv_lora, s.heads}, 1);
        add(b + "attn_v_b.weight", {s.kv_lora, s.v, s.heads}, 1);
    }
    add(b + "attn_output.weight", {s.heads * s.v, s.hidden}, 1);
}

void TinyModel::add_gqa(const Shape& s, const std::string& b)
{
    add(b + "attn_q.weight", {s.hidden, s.heads * s.head_dim}, 1);
    for (const char* name : {"attn_k.weight", "attn_v.weight"})
        add(b + name, {s.hidden, s.kv_heads * s.head_dim}, 1);
    for (const char* name : {"attn_q_norm.weight", "attn_k_norm.weight"})
        add(b + name, {s.head_dim}, 0);
    add(b + "attn_output.weight", {s.heads * s.head_dim, s.hidden}, 1);
}

void TinyModel::add_layer(const Shape& s, int layer)
{
    const std::string b = "blk." + std::to_string(layer) + ".";
    add(b + "attn_norm.weight", {s.hidden}, 0);
    add(b + "ffn_norm.weight", {s.hidden}, 0);
    if (s.head_dim > 0)
        add_gqa(s, b);
    else
        add_mla(s, b);
    if (layer < s.dense) {
        add(b + "ffn_gate.weight", {s.hidden, s.ffn}, 1);
        add(b + "ffn_up.weight", {s.hidden, s.ffn}, 1);
        add(b + "ffn_down.weight", {s.ffn, s.hidden}, 1);
        return;
    }
    add(b + "ffn_gate_inp.weight", {s.hidden, s.experts}, 1);
    if (s.bias)
        add(b + "exp_probs_b.bias", {s.experts}, 0.2f);
    add(b + "ffn_gate_exps.weight", {s.hidden, s.expert_ffn, s.experts}, 1);
    add(b + "ffn_up_exps.weight", {s.hidden, s.expert_ffn, s.experts}, 1);
    add(b + "ffn_down_exps.weight", {s.expert_ffn, s.hidden, s.experts}, 1);
    if (s.shared == 0)
        return;
    add(b + "ffn_gate_shexp.weight", {s.hidden, s.expert_ffn * s.shared}, 1);
    add(b + "ffn_up_shexp.weight", {s.hidden, s.expert_ffn * s.shared}, 1);
    add(b + "ffn_down_shexp.weight", {s.expert_ffn * s.shared, s.hidden}, 1);
}

/// Values between -1 and 1 times scale, over the square root of the row for matrices; scale 0 gives ones, as norms
/// have.
void TinyModel::add(std::string name, std::vector<int64_t> dims, float scale)
{
    int64_t n = 1;
    for (const int64_t dim : dims)
        n *= dim;
    std::vector<float> data(static_cast<size_t>(n), 1.0f);
    const float size = scale * (dims.size() > 1 ? 1.7f / std::sqrt(static_cast<float>(dims[0])) : 1.0f);
    for (float& x : data) {
        m_random = m_random * 1664525u + 1013904223u;
        if (scale != 0)
            x = size * (static_cast<float>(m_random >> 8) / 8388608.0f - 1.0f);
    }
    m_tensors.push_back({std::move(name), std::move(dims), std::move(data)});
}

void TinyModel::make_mtp(int layer, int hidden)
{
    const std::string b = "blk." + std::to_string(layer) + ".nextn.";
    set("nextn_predict_layers", 1u);
    add(b + "eh_proj.weight", {2 * hidden, hidden}, 1);
    for (const char* norm : {"enorm.weight", "hnorm.weight", "shared_head_norm.weight"})
        add(b + norm, {hidden}, 0.9f);
}

int TinyModel::store_as(DType dtype)
{
    SampleNumbers numbers(m_random);
    int n_stored = 0;
    for (Tensor& tensor : m_tensors) {
        const auto& dims = tensor.dims;
        if (dims.size() < 2 || dims[0] % dtype_info(dtype)->block_size != 0 ||
            tensor.name.ends_with("ffn_gate_inp.weight"))
            continue;
        const auto n_matrices = static_cast<int32_t>(dims.size() > 2 ? dims[2] : 1);
        const SampleMatrix matrix = sample_matrix(numbers, dtype, n_matrices, dims[1], dims[0]);
        const auto* bytes = static_cast<const uint8_t*>(matrix.view().data);
        tensor.blocks.assign(bytes, bytes + matrix.view().matrix_bytes * n_matrices);
        tensor.data.clear();
        tensor.dtype = dtype;
        ++n_stored;
    }
    return n_stored;
}

std::string TinyModel::full_key(std::string_view key) const
{
    const bool global = key.starts_with("general.") || key.starts_with("tokenizer.");
    return (global ? "" : m_architecture + ".") + std::string(key);
}

void TinyModel::set(std::string_view key, Value value)
{
    remove_key(key);
    m_keys.emplace_back(full_key(key), std::move(value));
}

void TinyModel::remove_key(std::string_view key)
{
    std::erase_if(m_keys, [&](const auto& entry) { return entry.first == full_key(key); });
}

void TinyModel::remove_tensor(std::string_view name)
{
    std::erase_if(m_tensors, [&](const Tensor& tensor) { return tensor.name == name; });
}

TinyModel::Tensor& TinyModel::tensor(std::string_view name)
{
    const auto found =
        std::find_if(m_tensors.begin(), m_tensors.end(), [&](const Tensor& t) { return t.name == name; });
    if (found == m_tensors.end())
        ADD_FAILURE() << "no tensor " << name;
    return *found;
}

std::vector<uint8_t> TinyModel::bytes() const
{
    Bytes out;
    out.put<uint32_t>(0x46554747); // "GGUF"
    out.put<uint32_t>(3);
    out.put<uint64_t>(m_tensors.size());
    out.put<uint64_t>(m_keys.size());
    for (const auto& [key, value] : m_keys) {
        out.text(key);
        out.value(value);
    }
    uint64_t offset = 0;
    for (const Tensor& tensor : m_tensors) {
        out.text(tensor.name);
        out.put(static_cast<uint32_t>(tensor.dims.size()));
        for (const int64_t dim : tensor.dims)
            out.put(static_cast<uint64_t>(dim));
        out.put(static_cast<uint32_t>(tensor.dtype));
        out.put(offset);
        offset += (tensor.data.size() * sizeof(float) + tensor.blocks.size() + 31) / 32 * 32;
    }
    out.align();
    for (const Tensor& tensor : m_tensors) {
        for (const float x : tensor.data)
            out.put(x);
        out.data.insert(out.data.end(), tensor.blocks.begin(), tensor.blocks.end());
        out.align();
    }
    return std::move(out.data);
}

std::filesystem::path TinyModel::write(const std::string& name) const
{
    const std::filesystem::path path = scratch_folder() / name;
    const std::vector<uint8_t> data = bytes();
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
    return path;
}

} // namespace conclave::test
