#include "text/derived_merges.hpp"

#include <string_view>
#include <vector>

#include "text/utf8.hpp"

namespace conclave
{

BpeMerges derived_merges(std::span<const std::string> texts, std::span<const int32_t> ranks, const TextIds& ids,
                         TokenCut cut)
{
    struct Merge {
        int32_t left, right, merged;
    };
    std::vector<Merge> merges;
    const auto step = [&](std::string_view rest) {
        return cut == TokenCut::bytes ? size_t{1} : static_cast<size_t>(utf8_step(rest).size);
    };
    for (size_t i = 0; i < texts.size(); ++i) {
        const std::string_view text = texts[i];
        const auto merged = static_cast<int32_t>(i);
        if (text.empty() || text.size() > longest_derived || ids.find(text) != merged) {
            continue;
        }
        for (size_t at = step(text); at < text.size(); at += step(text.substr(at))) {
            const int32_t left = ids.find(text.substr(0, at)), right = ids.find(text.substr(at));
            if (left >= 0 && right >= 0) {
                merges.push_back({left, right, merged});
            }
        }
    }
    BpeMerges table(merges.size());
    for (const Merge& merge : merges) {
        table.add(merge.left, merge.right, ranks[static_cast<size_t>(merge.merged)], merge.merged);
    }
    return table;
}

} // namespace conclave
