#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conclave/result.hpp"
#include "formats/model_file.hpp"

namespace conclave
{

/// Reads an architecture's metadata ("deepseek2.block_count" as "block_count") and holds every number to a range. Keeps
/// the first thing wrong, as TensorSource does.
class KeyReader
{
public:
    KeyReader(const ModelFile& file, std::string architecture);

    bool has(std::string_view key) const;
    int required(std::string_view key, int64_t min, int64_t max);
    int optional(std::string_view key, int64_t fallback, int64_t min, int64_t max);
    double number(std::string_view key, double fallback, double min, double max);
    bool flag(std::string_view key, bool fallback);
    std::string_view text(std::string_view key) const;

    const std::optional<Error>& error() const { return m_error; }
    void fail(const std::string& message, ErrorCode code = ErrorCode::format);

private:
    std::string full(std::string_view key) const;
    /// As the file spells it, for messages.
    std::string shown(std::string_view key) const;
    /// Fails when the key is there all the same.
    void refuse_type(std::string_view key, const char* wanted);
    int checked(std::string_view key, int64_t value, int64_t min, int64_t max);

    const ModelFile& m_file;
    std::string m_architecture;
    std::optional<Error> m_error;
};

} // namespace conclave
