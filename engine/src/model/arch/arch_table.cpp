#include "model/arch/arch.hpp"
#include "model/arch/deepseek.hpp"

namespace conclave
{

namespace
{

constexpr Arch archs[] = {
    {"deepseek2", "deepseek", deepseek_config, deepseek_layer},
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
