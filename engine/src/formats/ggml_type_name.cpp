#include "formats/ggml_type_name.hpp"

#include <format>
#include <iterator>

namespace conclave
{

std::string ggml_type_name(uint32_t type)
{
    // ggml.h, enum ggml_type; empty where a type was removed. Forks number their own from 100 on.
    static constexpr const char* names[] = {
        "F32",   "F16",    "Q4_0",  "Q4_1", "",     "",        "Q5_0",   "Q5_1",    "Q8_0",  "Q8_1",   "Q2_K",
        "Q3_K",  "Q4_K",   "Q5_K",  "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S",
        "IQ2_S", "IQ4_XS", "I8",    "I16",  "I32",  "I64",     "F64",    "IQ1_M",   "BF16",  "",       "",
        "",      "TQ1_0",  "TQ2_0", "",     "",     "",        "MXFP4",  "NVFP4",
    };
    const char* name = type < std::size(names) ? names[type] : "";
    return *name ? std::format("{} (ggml type {})", name, type) : std::format("ggml type {}", type);
}

} // namespace conclave
