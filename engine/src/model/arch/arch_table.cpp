#include "model/arch/arch.hpp"
#include "model/arch/deepseek.hpp"
#include "model/arch/glm4moe.hpp"
#include "model/arch/gpt_oss.hpp"
#include "model/arch/llama.hpp"
#include "model/arch/olmoe.hpp"
#include "model/arch/qwen.hpp"

namespace conclave
{

namespace
{

constexpr Arch archs[] = {
    {"deepseek2", "deepseek", deepseek_config, deepseek_layer},
    {"qwen2", "qwen", qwen_config, qwen_layer},
    {"qwen2moe", "qwen", qwen_config, qwen_layer},
    {"qwen3", "qwen", qwen_config, qwen3_layer},
    {"qwen3moe", "qwen", qwen_config, qwen3_layer},
    {"llama", "llama", llama_config, llama_layer},
    {"olmoe", "olmoe", olmoe_config, olmoe_layer},
    {"gpt-oss", "gpt-oss", gpt_oss_config, gpt_oss_layer},
    {"glm4moe", "glm", glm4moe_config, glm4moe_layer},
};

} // namespace

std::span<const Arch> all_archs()
{
    return archs;
}

const Arch* find_arch(std::string_view architecture)
{
    for (const Arch& arch : archs) {
        if (arch.architecture == architecture) {
            return &arch;
        }
    }
    return nullptr;
}

} // namespace conclave
