#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "text/bpe.hpp"
#include "text/text_ids.hpp"

namespace conclave
{

/// Where a token may be cut in two.
enum class TokenCut : uint8_t { characters, bytes };

constexpr size_t longest_derived = 512;

/// The merges of a vocabulary that lists none: two neighbours become a token when their texts together are one, the
/// lowest of `ranks` first. Texts and ranks by id; `ids` holds those that merging may reach. A token of more than
/// longest_derived bytes is never reached: trying every cut of one as long as a hostile file would take hours, and
/// published ones have at most 128.
BpeMerges derived_merges(std::span<const std::string> texts, std::span<const int32_t> ranks, const TextIds& ids,
                         TokenCut cut);

} // namespace conclave
