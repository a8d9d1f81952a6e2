#include "device/proc_text.hpp"

#include <array>
#include <charconv>
#include <cstddef>

namespace conclave
{

namespace
{

std::optional<uint64_t> to_number(std::string_view text)
{
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end != text.data() ? std::optional(value) : std::nullopt;
}

/// The next word of `text`, which loses it; empty at the end.
std::string_view next_word(std::string_view& text)
{
    const size_t begin = text.find_first_not_of(" \t");
    text.remove_prefix(begin == std::string_view::npos ? text.size() : begin);
    const size_t length = text.find_first_of(" \t\n");
    const std::string_view word = text.substr(0, length);
    text.remove_prefix(word.size());
    return word;
}

} // namespace

std::optional<uint64_t> proc_kilobytes(std::string_view text, std::string_view key)
{
    while (!text.empty()) {
        const size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (!line.starts_with(key) || line.substr(key.size(), 1) != ":")
            continue;
        line.remove_prefix(key.size() + 1);
        const auto value = to_number(next_word(line));
        if (!value || next_word(line) != "kB")
            return std::nullopt;
        return *value * 1024;
    }
    return std::nullopt;
}

void parse_proc_stat(std::string_view text, double ticks_per_second, CpuTimes& times)
{
    text = text.substr(0, text.find('\n'));
    if (next_word(text) != "cpu")
        return;
    // user nice system idle iowait irq softirq steal; guest time is part of user already.
    double busy = 0, idle = 0;
    for (int field = 0; field < 8; ++field) {
        const auto ticks = to_number(next_word(text));
        if (!ticks)
            return;
        (field == 3 || field == 4 ? idle : busy) += static_cast<double>(*ticks);
    }
    times.busy_seconds = busy / ticks_per_second;
    times.total_seconds = (busy + idle) / ticks_per_second;
}

void parse_proc_self_stat(std::string_view text, double ticks_per_second, CpuTimes& times)
{
    const size_t end_of_name = text.rfind(')');
    if (end_of_name == std::string_view::npos)
        return;
    text.remove_prefix(end_of_name + 1);
    // The first word from here is field 3.
    constexpr int major_faults = 12, user_ticks = 14, system_ticks = 15;
    std::array<std::optional<uint64_t>, system_ticks + 1> fields;
    for (int field = 3; field <= system_ticks; ++field)
        fields[static_cast<size_t>(field)] = to_number(next_word(text));
    times.major_faults = fields[major_faults];
    if (fields[user_ticks] && fields[system_ticks])
        times.process_seconds = static_cast<double>(*fields[user_ticks] + *fields[system_ticks]) / ticks_per_second;
}

} // namespace conclave
