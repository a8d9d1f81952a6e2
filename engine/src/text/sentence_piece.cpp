#include "text/sentence_piece.hpp"

#include <algorithm>
#include <vector>

#include "text/derived_merges.hpp"

namespace conclave
{
namespace
{

/// Ranks by descending score; equal scores share one, so that the leftmost of them goes first.
std::vector<int32_t> ranks_of(std::span<const float> scores)
{
    std::vector<float> distinct(scores.begin(), scores.end());
    std::sort(distinct.begin(), distinct.end(), std::greater<>());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    std::vector<int32_t> ranks;
    ranks.reserve(scores.size());
    for (const float score : scores) {
        const auto at = std::lower_bound(distinct.begin(), distinct.end(), score, std::greater<>());
        ranks.push_back(static_cast<int32_t>(at - distinct.begin()));
    }
    return ranks;
}

} // namespace

std::string with_blanks(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (size_t at = 0; at < text.size();) {
        const bool blank = text.substr(at).starts_with(sentence_piece_blank);
        out.push_back(blank ? ' ' : text[at]);
        at += blank ? sentence_piece_blank.size() : 1;
    }
    return out;
}

BpeMerges sentence_piece_merges(std::span<const std::string> texts, std::span<const float> scores, const TextIds& ids)
{
    return derived_merges(texts, ranks_of(scores), ids, TokenCut::characters);
}

} // namespace conclave
