#pragma once

#include <string_view>

#include "conclave/result.hpp"
#include "text/tokenizer.hpp"

namespace conclave
{

/// The vocabulary of a tiktoken.model: a line a token, its bytes in base64 and, behind a blank, its rank, which is its
/// id. How text is cut is not in there: `pre_tokenizer` is left empty. Errors: format, with the line. Source:
/// openai/tiktoken, tiktoken/load.py.
Result<VocabularyData> read_tiktoken_model(std::string_view text);

} // namespace conclave
