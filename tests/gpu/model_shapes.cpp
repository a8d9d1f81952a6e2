#include "model_shapes.hpp"

namespace conclave::gpu
{

namespace
{

constexpr DType bf16 = DType::BF16, q4 = DType::Q4_K, q6 = DType::Q6_K, f8 = DType::F8_E4M3;

// Q4_K_M as llama.cpp writes it has Q6_K for half of the down projections and the output.
constexpr ModelShape shapes[] = {
    {.name = "tiny",
     .dtype = DType::Q8_0,
     .down = DType::Q8_0,
     .head = DType::F16,
     .n_layers = 2,
     .n_dense_layers = 1,
     .hidden = 64,
     .vocab = 96,
     .n_head = 2,
     .n_head_kv = 1,
     .head_dim = 32,
     .kv_lora_rank = 0,
     .q_lora_rank = 0,
     .nope = 0,
     .rope = 0,
     .v_head_dim = 0,
     .n_experts = 8,
     .n_experts_used = 2,
     .expert_width = 32,
     .shared_width = 32,
     .dense_width = 64},
    {"Qwen3-30B-A3B bf16", bf16, bf16, bf16, 48, 0, 2048, 151936, 32, 4, 128, 0, 0, 0, 0, 0, 128, 8, 768, 0, 0},
    {"Qwen3-30B-A3B Q4_K_M", q4, q6, q6, 48, 0, 2048, 151936, 32, 4, 128, 0, 0, 0, 0, 0, 128, 8, 768, 0, 0},
    // Its experts are 1408 wide, no multiple of 256: their down projections are Q8_0 in such files.
    {"DeepSeek-V2-Lite Q4_K_M",
     q4,
     DType::Q8_0,
     q6,
     27,
     1,
     2048,
     102400,
     16,
     0,
     0,
     512,
     0,
     128,
     64,
     128,
     64,
     6,
     1408,
     2816,
     10944},
    {"OLMoE-1B-7B Q4_K_M", q4, q6, q6, 16, 0, 2048, 50304, 16, 16, 128, 0, 0, 0, 0, 0, 64, 8, 1024, 0, 0},
    {"Qwen2.5-7B bf16", bf16, bf16, bf16, 28, 28, 3584, 152064, 28, 4, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 18944},
    {"DeepSeek-V3 FP8, 4 of 61 layers",
     f8,
     f8,
     bf16,
     4,
     1,
     7168,
     129280,
     128,
     0,
     0,
     512,
     1536,
     128,
     64,
     128,
     256,
     8,
     2048,
     2048,
     18432},
};

} // namespace

std::span<const ModelShape> model_shapes()
{
    return shapes;
}

} // namespace conclave::gpu
