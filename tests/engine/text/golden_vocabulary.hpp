#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "text/tokenizer.hpp"

namespace conclave
{

/// A small vocabulary trained by tests/golden/text/make.py, and what Hugging Face's tokenizers makes of each string
/// with it.
struct GoldenVocabulary {
    VocabularyData data;
    std::vector<std::vector<int32_t>> ids; ///< [strings]
};

std::string golden_path(const std::string& name);
std::string read_file(const std::string& path);
std::vector<std::string> golden_strings();
/// 3,000 more, made of those, some of them no UTF-8; see derived.py beside the goldens.
std::vector<std::string> derived_strings();
/// The bytes `data` as goldens hash them: with 0xFF up to a multiple of eight.
uint64_t golden_hash(std::string data);
GoldenVocabulary golden_vocabulary(const std::string& pre_tokenizer);
/// Fails the test when it cannot be built.
std::shared_ptr<const Tokenizer> golden_tokenizer(const std::string& pre_tokenizer);

} // namespace conclave
