#include "text/sentence_piece.hpp"

#include <algorithm>
#include <vector>

#include "text/utf8.hpp"

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
    struct Merge {
        int32_t left, right, merged;
    };
    std::vector<Merge> merges;
    for (size_t i = 0; i < texts.size(); ++i) {
        const std::string_view text = texts[i];
        const auto merged = static_cast<int32_t>(i);
        if (text.empty() || text.size() > sentence_piece_longest || ids.find(text) != merged) {
            continue;
        }
        for (auto at = static_cast<size_t>(utf8_step(text).size); at < text.size();
             at += static_cast<size_t>(utf8_step(text.substr(at)).size)) {
            const int32_t left = ids.find(text.substr(0, at)), right = ids.find(text.substr(at));
            if (left >= 0 && right >= 0) {
                merges.push_back({left, right, merged});
            }
        }
    }
    const std::vector<int32_t> ranks = ranks_of(scores);
    BpeMerges table(merges.size());
    for (const Merge& merge : merges) {
        table.add(merge.left, merge.right, ranks[static_cast<size_t>(merge.merged)], merge.merged);
    }
    return table;
}

} // namespace conclave
