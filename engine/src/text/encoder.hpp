#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/bpe.hpp"
#include "text/tokenizer_data.hpp"

namespace conclave
{

/// One call of Tokenizer::encode: its buffers, and the ids so far. Texts are valid UTF-8.
class Encoder
{
public:
    explicit Encoder(const Tokenizer::Data& data) : m_data(data), m_merger(data.merges) {}

    std::vector<int32_t> ids;

    /// `text` with special tokens in it; `marker` is taken out of what lies between them.
    void rendered(std::string_view text, std::string_view marker);
    /// `text` with none.
    void plain(std::string_view text);

private:
    void bytes(std::string_view fragment);
    void characters(std::string_view fragment);
    void merge_characters(std::string_view text);
    void push_bytes(std::string_view text);
    template <class Use>
    void each_fragment(const TokenMatcher& matcher, std::string_view text, Use use);

    const Tokenizer::Data& m_data;
    BpeMerger m_merger;
    std::vector<std::string_view> m_pieces;
    std::vector<int32_t> m_piece_ids;
    std::string m_normalized, m_prefixed;
    bool m_at_start = true; ///< nothing of the text was encoded yet
};

} // namespace conclave
