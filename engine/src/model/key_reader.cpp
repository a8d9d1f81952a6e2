#include "model/key_reader.hpp"

#include <cmath>
#include <cstdio>

namespace conclave
{

KeyReader::KeyReader(const ModelFile& file, std::string architecture)
    : m_file(file), m_architecture(std::move(architecture))
{
}

std::string KeyReader::full(std::string_view key) const
{
    return m_architecture + "." + std::string(key);
}

std::string KeyReader::shown(std::string_view key) const
{
    return m_file.published() ? std::string(m_file.published()->key(key)) : full(key);
}

void KeyReader::fail(const std::string& message, ErrorCode code)
{
    if (!m_error) {
        m_error = Error{code, m_file.name() + ": " + message};
    }
}

bool KeyReader::has(std::string_view key) const
{
    return m_file.value(full(key)) != nullptr;
}

int KeyReader::checked(std::string_view key, int64_t value, int64_t min, int64_t max)
{
    if (value < min || value > max) {
        fail(shown(key) + " is " + std::to_string(value) + ", outside " + std::to_string(min) + " to " +
             std::to_string(max) + "; the file is damaged or newer than this program");
        return static_cast<int>(min);
    }
    return static_cast<int>(value);
}

void KeyReader::refuse_type(std::string_view key, const char* wanted)
{
    if (has(key)) {
        fail("the key " + shown(key) + " holds no " + wanted + "; " + std::string(m_file.remedy()));
    }
}

int KeyReader::required(std::string_view key, int64_t min, int64_t max)
{
    const auto value = m_file.integer(full(key));
    if (!value) {
        refuse_type(key, "integer");
        fail("the key " + shown(key) + " is missing; " + std::string(m_file.remedy()));
        return static_cast<int>(min);
    }
    return checked(key, *value, min, max);
}

int KeyReader::optional(std::string_view key, int64_t fallback, int64_t min, int64_t max)
{
    const auto value = m_file.integer(full(key));
    if (!value) {
        refuse_type(key, "integer");
        return static_cast<int>(fallback);
    }
    return checked(key, *value, min, max);
}

double KeyReader::number(std::string_view key, double fallback, double min, double max)
{
    const auto value = m_file.number(full(key));
    if (!value) {
        refuse_type(key, "number");
        return fallback;
    }
    if (!std::isfinite(*value) || *value < min || *value > max) {
        char text[128];
        std::snprintf(text, sizeof text, " is %g, outside %g to %g", *value, min, max);
        fail(shown(key) + text + "; the file is damaged or newer than this program");
        return fallback;
    }
    return *value;
}

bool KeyReader::flag(std::string_view key, bool fallback)
{
    const auto value = m_file.boolean(full(key));
    if (!value) {
        refuse_type(key, "truth value");
    }
    return value.value_or(fallback);
}

std::string_view KeyReader::text(std::string_view key) const
{
    return m_file.string(full(key)).value_or(std::string_view{});
}

} // namespace conclave
