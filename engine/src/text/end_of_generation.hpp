#pragma once

#include <cstdint>
#include <vector>

#include "text/tokenizer.hpp"

namespace conclave
{

/// Ids at which an answer ends: eos, eot, those the model names besides, and the tokens that published chat models end
/// a turn with, found by their text (files often name only one of them). Ascending.
std::vector<int32_t> end_of_generation_ids(const VocabularyData& data);

} // namespace conclave
