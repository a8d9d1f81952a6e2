#include "text/nfc.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <utf8proc.h>

#include "base/check.hpp"

namespace conclave
{

std::string_view nfc(std::string_view text, std::string& storage)
{
    if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
        return text;
    }
    utf8proc_uint8_t* composed = nullptr;
    const auto size =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                     &composed, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(composed, std::free);
    CONCLAVE_CHECK(size >= 0, "valid UTF-8 has a composed form");
    storage.assign(reinterpret_cast<const char*>(composed), static_cast<size_t>(size));
    return storage;
}

} // namespace conclave
