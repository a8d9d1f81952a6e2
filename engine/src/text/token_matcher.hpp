#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace conclave
{

/// Finds texts that stand for a whole token: at each place the longest, as Hugging Face's added tokens are found.
class TokenMatcher
{
public:
    /// The first id given for a text keeps it. Empty texts and those beyond 512 bytes are left out: no published token
    /// is that long, and it bounds the work per byte.
    void add(std::string_view text, int32_t id);

    struct Match {
        size_t begin = std::string_view::npos;
        size_t size = 0;
        int32_t id = -1; ///< -1: none
    };
    /// The longest at exactly `begin`.
    Match at(std::string_view text, size_t begin) const;
    /// The first at or after `begin`.
    Match find(std::string_view text, size_t begin) const;

private:
    struct Hash {
        using is_transparent = void;
        size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    std::unordered_map<std::string, int32_t, Hash, std::equal_to<>> m_ids;
    std::vector<size_t> m_sizes;        // that occur, longest first
    std::bitset<256 * 256> m_first_two; // bytes that begin a text: rules out nearly every place at the cost of one bit
};

} // namespace conclave
