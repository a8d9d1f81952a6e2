#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace conclave
{

/// How the cached keys and values of a context are kept. f16 halves what a context takes and what long ones cost, and
/// loses about as much as a weight in f16 does; q8_0 takes 8.5 bits a value. f32 keeps them as they were computed.
enum class KvType : uint8_t { f32, f16, bf16, q8_0 };

constexpr std::string_view kv_type_name(KvType type)
{
    constexpr std::string_view names[] = {"f32", "f16", "bf16", "q8_0"};
    return names[static_cast<size_t>(type)];
}

} // namespace conclave
