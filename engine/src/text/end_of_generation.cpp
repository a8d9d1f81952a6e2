#include "text/end_of_generation.hpp"

#include <algorithm>
#include <string_view>

namespace conclave
{
namespace
{

// The text is compared for every token of a vocabulary, so the first byte decides most of them.
constexpr std::string_view ending_texts[] = {
    "<|eot_id|>",    "<|im_end|>",    "<|end|>",         "<|return|>",
    "<|call|>",      "<|endoftext|>", "<|end_of_text|>", "<｜end▁of▁sentence｜>",
    "<end_of_turn>", "[EOT]",         "<EOT>",           "<|EOT|>",
    "<|eom_id|>",
};

} // namespace

std::vector<int32_t> end_of_generation_ids(const VocabularyData& data)
{
    std::vector<int32_t> ids;
    int32_t end = -1;
    bool has_return = false;
    bool has_call = false;
    for (size_t i = 0; i < data.tokens.size(); ++i) {
        const std::string& text = data.tokens[i];
        if (!text.starts_with('<') && !text.starts_with('[')) {
            continue;
        }
        if (std::find(std::begin(ending_texts), std::end(ending_texts), text) == std::end(ending_texts)) {
            continue;
        }
        ids.push_back(static_cast<int32_t>(i));
        if (text == "<|end|>") {
            end = static_cast<int32_t>(i);
        }
        has_return = has_return || text == "<|return|>";
        has_call = has_call || text == "<|call|>";
    }
    // With both, the file speaks gpt-oss's harmony format, where <|end|> only closes one message of an answer.
    if (has_return && has_call) {
        std::erase(ids, end);
    }
    const auto n_tokens = static_cast<int64_t>(data.tokens.size());
    ids.insert(ids.end(), data.ends.begin(), data.ends.end());
    ids.insert(ids.end(), {data.eos, data.eot});
    std::erase_if(ids, [n_tokens](int32_t id) { return id < 0 || id >= n_tokens; });
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

} // namespace conclave
