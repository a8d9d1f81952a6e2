#include "text/grammar/integer_range.hpp"

#include <algorithm>
#include <string_view>

#include "base/check.hpp"

namespace conclave
{

namespace
{

void add(std::string& out, const std::string& alternative)
{
    out += (out.empty() ? "" : " | ") + alternative;
}

std::string digits(char first, char last)
{
    const std::string a(1, first);
    return first == last ? "\"" + a + "\"" : "[" + a + "-" + last + "]";
}

std::string free_digits(size_t n)
{
    return n == 0 ? "" : n == 1 ? " [0-9]" : " [0-9]{" + std::to_string(n) + "}";
}

bool all(std::string_view text, char digit)
{
    return text.find_first_not_of(digit) == std::string_view::npos;
}

/// From `low` to `high`, which have as many digits: by the first digit, behind which all digits are free but at the
/// two ends.
std::string same_length(std::string_view low, std::string_view high)
{
    const std::string_view low_rest = low.substr(1), high_rest = high.substr(1);
    const size_t n_rest = low_rest.size();
    if (low[0] == high[0] && !(all(low_rest, '0') && all(high_rest, '9'))) {
        return digits(low[0], low[0]) + " ( " + same_length(low_rest, high_rest) + " )";
    }
    std::string out;
    char first = low[0], last = high[0];
    if (!all(low_rest, '0')) {
        add(out, digits(first, first) + " ( " + same_length(low_rest, std::string(n_rest, '9')) + " )");
        ++first;
    }
    const bool has_high_end = !all(high_rest, '9');
    last = static_cast<char>(last - (has_high_end ? 1 : 0));
    if (first <= last) {
        add(out, digits(first, last) + free_digits(n_rest));
    }
    if (has_high_end) {
        add(out, digits(high[0], high[0]) + " ( " + same_length(std::string(n_rest, '0'), high_rest) + " )");
    }
    return out;
}

/// Of 0 or more: one length after another.
std::string from_zero_on(int64_t first, int64_t last)
{
    const std::string low = std::to_string(first), high = std::to_string(last);
    std::string out;
    for (size_t n = low.size(); n <= high.size(); ++n) {
        const std::string least = n == 1 ? "0" : "1" + std::string(n - 1, '0');
        add(out, same_length(n == low.size() ? low : least, n == high.size() ? high : std::string(n, '9')));
    }
    return out;
}

} // namespace

std::string gbnf_of_integers(IntegerRange range)
{
    CONCLAVE_CHECK(range.first <= range.last && range.first >= -max_grammar_integer &&
                       range.last <= max_grammar_integer,
                   "the range has integers, all of them of the digits that grammars have");
    std::string out;
    if (range.first < 0) {
        out = "\"-\" ( " + from_zero_on(std::max<int64_t>(1, -range.last), -range.first) + " )";
    }
    if (range.last >= 0) {
        add(out, from_zero_on(std::max<int64_t>(0, range.first), range.last));
    }
    return "( " + out + " )";
}

} // namespace conclave
