#include "text/encoder.hpp"

#include <algorithm>

#include "text/nfc.hpp"
#include "text/sentence_piece.hpp"
#include "text/text_marker.hpp"
#include "text/utf8.hpp"

namespace conclave
{
namespace
{

/// Unicode's White_Space at the front of `text`, in bytes; 0: none. They are few and will not become more.
size_t white_space(std::string_view text)
{
    static constexpr std::string_view spaces[] = {
        " ",      "\t",     "\n",     "\v",     "\f",     "\r",     "\u0085", "\u00A0", "\u1680",
        "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008",
        "\u2009", "\u200A", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000",
    };
    for (const std::string_view space : spaces) {
        if (text.starts_with(space)) {
            return space.size();
        }
    }
    return 0;
}

/// Where the blanks at the end of text[begin, end) start.
size_t without_trailing_blanks(std::string_view text, size_t begin, size_t end)
{
    size_t last = begin;
    for (size_t at = begin; at < end;) {
        const std::string_view rest = text.substr(at, end - at);
        const size_t blank = white_space(rest);
        at += blank > 0 ? blank : static_cast<size_t>(utf8_step(rest).size);
        last = blank > 0 ? last : at;
    }
    return last;
}

} // namespace

void Encoder::rendered(std::string_view text, std::string_view marker)
{
    each_fragment(m_data.specials, text, [&](std::string_view fragment) {
        if (marker.empty() || fragment.find(marker) == std::string_view::npos) {
            plain(fragment);
            return;
        }
        plain(without_marker(fragment, marker));
    });
}

void Encoder::plain(std::string_view text)
{
    each_fragment(m_data.literals, text, [&](std::string_view fragment) {
        if (m_data.normalizes_nfc) {
            fragment = nfc(fragment, m_normalized);
        }
        m_data.sentence_piece ? characters(fragment) : bytes(fragment);
        m_at_start = false;
    });
}

void Encoder::bytes(std::string_view fragment)
{
    if (m_data.add_prefix_space && !fragment.starts_with(' ')) {
        fragment = m_prefixed.assign(" ").append(fragment);
    }
    m_data.pre_tokenizer->split(fragment, m_pieces);
    for (const std::string_view piece : m_pieces) {
        if (const int32_t id = m_data.pieces ? m_data.pieces->find(piece) : -1; id >= 0) {
            ids.push_back(id);
            continue;
        }
        m_piece_ids.clear();
        push_bytes(piece);
        m_merger.merge(m_piece_ids, ids);
    }
}

void Encoder::characters(std::string_view fragment)
{
    std::string text = with_blanks(fragment);
    const BlankRule& rule = m_data.blanks;
    const bool wanted = rule.prefix == BlankPrefix::always || (rule.prefix == BlankPrefix::first && m_at_start);
    if (wanted && (rule.doubles || !text.starts_with(' '))) {
        text.insert(0, 1, ' ');
    }
    if (!rule.splits) {
        merge_characters(text);
        return;
    }
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find(' ', begin + 1), text.size());
        merge_characters(std::string_view(text).substr(begin, end - begin));
        begin = end;
    }
}

void Encoder::merge_characters(std::string_view text)
{
    m_piece_ids.clear();
    for (size_t at = 0; at < text.size();) {
        const auto size = static_cast<size_t>(utf8_step(text.substr(at)).size);
        const std::string_view character = text.substr(at, size);
        at += size;
        if (const int32_t id = m_data.pieces->find(character); id >= 0) {
            m_piece_ids.push_back(id);
        } else if (const size_t before = m_piece_ids.size(); push_bytes(character), m_piece_ids.size() == before) {
            const bool fused = m_data.fuses_unknown && before > 0 && m_piece_ids.back() == m_data.unknown;
            if (!fused) {
                m_piece_ids.push_back(m_data.unknown);
            }
        }
    }
    m_merger.merge(m_piece_ids, ids);
}

// Hugging Face drops bytes that have no token too; vocabularies lack only those UTF-8 never uses.
void Encoder::push_bytes(std::string_view text)
{
    for (const char c : text) {
        if (const int32_t id = m_data.byte_ids[static_cast<uint8_t>(c)]; id >= 0) {
            m_piece_ids.push_back(id);
        }
    }
}

template <class Use>
void Encoder::each_fragment(const TokenMatcher& matcher, std::string_view text, Use use)
{
    for (size_t done = 0; done < text.size();) {
        const TokenMatcher::Match match = matcher.find(text, done);
        size_t end = std::min(match.begin, text.size());
        const size_t next = end + match.size;
        if (std::ranges::binary_search(m_data.left_strippers, match.id)) {
            end = without_trailing_blanks(text, done, end);
        }
        if (end > done) {
            use(text.substr(done, end - done));
        }
        done = next;
        if (match.id >= 0) {
            ids.push_back(match.id);
            m_at_start = false;
        }
        if (std::ranges::binary_search(m_data.right_strippers, match.id)) {
            for (size_t blank = white_space(text.substr(done)); blank > 0; blank = white_space(text.substr(done))) {
                done += blank;
            }
        }
    }
}

} // namespace conclave
