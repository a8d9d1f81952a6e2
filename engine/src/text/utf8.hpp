#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace conclave
{

/// What stands at the front of a byte string.
struct Utf8Step {
    enum Kind : uint8_t { character, broken, cut };
    Kind kind = character;
    int size = 0; ///< bytes of the character, of the broken sequence to replace, or of the tail that was cut
};

/// Looks at the first character of `bytes`, which must not be empty. A broken sequence is the "maximal subpart" of
/// Unicode 3.9 (table 3-8): what the WHATWG decoder, Python and Rust replace by one U+FFFD. `cut` means that more bytes
/// could still complete it.
Utf8Step utf8_step(std::string_view bytes);

/// The code point of a whole character, `size` bytes long, at the front of `bytes`.
uint32_t code_point_at(std::string_view bytes, int size);

/// Appends U+FFFD.
void append_replacement(std::string& out);

/// Appends the whole characters of `bytes` to `out`, U+FFFD for broken ones; returns the size of a tail that was cut.
size_t append_whole(std::string_view bytes, std::string& out);

/// `text` itself when it is valid UTF-8, else a copy in `storage` with U+FFFD for each broken sequence.
std::string_view valid_utf8(std::string_view text, std::string& storage);

} // namespace conclave
