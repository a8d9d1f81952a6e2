#pragma once

#include <cstdint>
#include <string>

#include "model/config.hpp"
#include "model/key_reader.hpp"

namespace conclave
{

/// Fails when all heads together are wider than sizes made from them can hold.
inline void check_attention_width(KeyReader& keys, int64_t n_heads, int64_t head_dim)
{
    if (n_heads * head_dim > max_attention_width) {
        keys.fail(std::to_string(n_heads) + " heads of " + std::to_string(head_dim) + " values are more than " +
                  std::to_string(max_attention_width) + "; the file is damaged");
    }
}

} // namespace conclave
