#include "text/utf8.hpp"

namespace conclave
{

Utf8Step utf8_step(std::string_view bytes)
{
    const auto at = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
    const uint8_t lead = at(0);
    if (lead < 0x80) {
        return {Utf8Step::character, 1};
    }
    // The second byte's range excludes overlong forms, surrogates and values above U+10FFFF.
    int size = 0;
    uint8_t low = 0x80;
    uint8_t high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
        size = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        size = 3;
        low = lead == 0xE0 ? 0xA0 : 0x80;
        high = lead == 0xED ? 0x9F : 0xBF;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        size = 4;
        low = lead == 0xF0 ? 0x90 : 0x80;
        high = lead == 0xF4 ? 0x8F : 0xBF;
    } else {
        return {Utf8Step::broken, 1};
    }
    for (int i = 1; i < size; ++i) {
        if (static_cast<size_t>(i) == bytes.size()) {
            return {Utf8Step::cut, i};
        }
        if (at(static_cast<size_t>(i)) < low || at(static_cast<size_t>(i)) > high) {
            return {Utf8Step::broken, i};
        }
        low = 0x80;
        high = 0xBF;
    }
    return {Utf8Step::character, size};
}

uint32_t code_point_at(std::string_view bytes, int size)
{
    const auto lead = static_cast<uint8_t>(bytes[0]);
    uint32_t value = size == 1 ? lead : lead & (0x7Fu >> size);
    for (int i = 1; i < size; ++i) {
        value = value << 6 | (static_cast<uint8_t>(bytes[static_cast<size_t>(i)]) & 0x3F);
    }
    return value;
}

void append_replacement(std::string& out)
{
    out += "\xEF\xBF\xBD";
}

size_t append_whole(std::string_view bytes, std::string& out)
{
    size_t done = 0;
    size_t kept = 0; // bytes before it are in `out`
    while (done < bytes.size()) {
        const Utf8Step step = utf8_step(bytes.substr(done));
        if (step.kind == Utf8Step::character) {
            done += static_cast<size_t>(step.size);
            continue;
        }
        out.append(bytes, kept, done - kept);
        if (step.kind == Utf8Step::cut) {
            return bytes.size() - done;
        }
        append_replacement(out);
        done += static_cast<size_t>(step.size);
        kept = done;
    }
    out.append(bytes, kept, done - kept);
    return 0;
}

std::string_view valid_utf8(std::string_view text, std::string& storage)
{
    size_t done = 0;
    while (done < text.size()) {
        const Utf8Step step = utf8_step(text.substr(done));
        if (step.kind != Utf8Step::character) {
            break;
        }
        done += static_cast<size_t>(step.size);
    }
    if (done == text.size()) {
        return text;
    }
    storage.assign(text, 0, done);
    if (append_whole(text.substr(done), storage) > 0) {
        append_replacement(storage);
    }
    return storage;
}

} // namespace conclave
