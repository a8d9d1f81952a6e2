#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace conclave
{

/// The printable character that stands for `byte` in the texts of a byte-level vocabulary, as UTF-8: printable Latin-1
/// stands for itself, the other 68 bytes for U+0100 and up. Source: GPT-2, encoder.py bytes_to_unicode.
const std::string& spelling_of_byte(uint8_t byte);

/// Turns a text of that alphabet into the bytes it stands for; false (and `bytes` unspecified) when a character is not
/// in the alphabet.
bool bytes_of_spelling(std::string_view text, std::string& bytes);

} // namespace conclave
