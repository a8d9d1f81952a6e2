#include "text/byte_alphabet.hpp"

#include <array>

#include "text/utf8.hpp"

namespace conclave
{
namespace
{

constexpr int n_code_points = 256 + 68; // the last stand-in is U+0143

struct Alphabet {
    std::array<std::string, 256> spelling;
    std::array<int16_t, n_code_points> byte_of{}; ///< by code point; -1: not in the alphabet

    Alphabet()
    {
        byte_of.fill(-1);
        int next = 256;
        for (int byte = 0; byte < 256; ++byte) {
            const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
            const int code_point = printable ? byte : next++;
            byte_of[static_cast<size_t>(code_point)] = static_cast<int16_t>(byte);
            std::string& text = spelling[static_cast<size_t>(byte)];
            if (code_point < 0x80) {
                text.push_back(static_cast<char>(code_point));
            } else {
                text.push_back(static_cast<char>(0xC0 | (code_point >> 6)));
                text.push_back(static_cast<char>(0x80 | (code_point & 0x3F)));
            }
        }
    }
};

const Alphabet& alphabet()
{
    static const Alphabet instance;
    return instance;
}

} // namespace

const std::string& spelling_of_byte(uint8_t byte)
{
    return alphabet().spelling[byte];
}

bool bytes_of_spelling(std::string_view text, std::string& bytes)
{
    const Alphabet& table = alphabet();
    bytes.clear();
    for (size_t i = 0; i < text.size();) {
        const auto lead = static_cast<uint8_t>(text[i]);
        int code_point = lead;
        if (lead >= 0x80) {
            const Utf8Step step = utf8_step(text.substr(i));
            if (step.kind != Utf8Step::character || step.size != 2) {
                return false;
            }
            code_point = ((lead & 0x1F) << 6) | (static_cast<uint8_t>(text[i + 1]) & 0x3F);
            ++i;
        }
        ++i;
        if (code_point >= n_code_points || table.byte_of[static_cast<size_t>(code_point)] < 0) {
            return false;
        }
        bytes.push_back(static_cast<char>(table.byte_of[static_cast<size_t>(code_point)]));
    }
    return true;
}

} // namespace conclave
