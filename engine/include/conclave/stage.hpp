#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace conclave
{

/// What a forward step consists of: all layers of a kind together.
enum class Stage : uint8_t { embed, attention_mla, attention_gqa, mlp, moe, head };

constexpr size_t n_stages = 6;
constexpr const char* stage_names[n_stages] = {"embed", "attention_mla", "attention_gqa", "mlp", "moe", "head"};

/// A number for each, indexed by Stage.
using PerStage = std::array<int64_t, n_stages>;

constexpr int64_t total(const PerStage& stages)
{
    int64_t sum = 0;
    for (const int64_t each : stages)
        sum += each;
    return sum;
}

} // namespace conclave
