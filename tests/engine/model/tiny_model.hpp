#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tensor/dtype.hpp"

namespace conclave::test
{

/// A small random model that a test can bend before it is written as a GGUF of its own: of the deepseek family, or of
/// qwen3moe where the shape has a head_dim.
class TinyModel
{
public:
    struct Shape {
        int layers = 2, dense = 1, hidden = 32, heads = 2, q_lora = 16, kv_lora = 32, nope = 8, rope = 4, v = 8;
        int ffn = 32, expert_ffn = 32, experts = 8, used = 2, shared = 1, groups = 1, groups_used = 1, vocab = 48;
        bool sigmoid = true, bias = true, old_kv_b = false;
        int context = 256;
        int head_dim = 0, kv_heads = 1; ///< of qwen3moe, which has neither dense layers nor shared experts

        /// qwen3moe, whose experts score by softmax.
        static Shape grouped_query(int head_dim, int heads, int kv_heads)
        {
            return {.dense = 0,
                    .heads = heads,
                    .shared = 0,
                    .sigmoid = false,
                    .bias = false,
                    .head_dim = head_dim,
                    .kv_heads = kv_heads};
        }
    };
    using Value = std::variant<uint32_t, float, bool, std::string>;
    struct Tensor {
        std::string name;
        std::vector<int64_t> dims; ///< contiguous first
        std::vector<float> data;
        DType dtype = DType::F32;
        std::vector<uint8_t> blocks = {}; ///< the content when dtype is not F32; data is then empty
    };

    TinyModel() : TinyModel(Shape{}) {}
    explicit TinyModel(const Shape& shape, uint32_t seed = 1);

    /// Keys without their architecture get it in front.
    void set(std::string_view key, Value value);
    void remove_key(std::string_view key);
    void remove_tensor(std::string_view name);
    Tensor& tensor(std::string_view name);
    void add(std::string name, std::vector<int64_t> dims, float scale);
    /// Makes the layer, which is the last, a block of multi-token prediction that shares the model's ends.
    void make_mtp(int layer, int hidden);
    /// Fills every matrix whose rows are whole blocks of `dtype` with random blocks of it; norms, biases and routers
    /// stay F32, as in published files. Returns how many that were.
    int store_as(DType dtype);

    std::vector<uint8_t> bytes() const;
    /// Writes the file and returns its path; the folder goes when the process ends.
    std::filesystem::path write(const std::string& name = "tiny.gguf") const;

private:
    std::string full_key(std::string_view key) const;
    void set_mla(const Shape& shape);
    void set_experts(const Shape& shape);
    void add_mla(const Shape& shape, const std::string& layer);
    void add_gqa(const Shape& shape, const std::string& layer);
    void add_layer(const Shape& shape, int layer);

    std::string m_architecture;
    std::vector<std::pair<std::string, Value>> m_keys;
    std::vector<Tensor> m_tensors;
    uint32_t m_random;
};

/// A folder of this process, removed at its end.
const std::filesystem::path& scratch_folder();

} // namespace conclave::test
