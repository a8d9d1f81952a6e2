#pragma once

#include <string>
#include <string_view>

namespace conclave
{

/// `text` [valid UTF-8] in Unicode's normalisation form C: itself when it is ASCII, else a copy in `storage`.
/// Source: Unicode Standard Annex 15.
std::string_view nfc(std::string_view text, std::string& storage);

} // namespace conclave
