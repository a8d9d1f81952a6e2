#include "text/python_operators.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <format>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "text/utf8.hpp"

namespace conclave
{
namespace
{

using minja::Value;

constexpr int64_t max_repeated = 100'000; // bytes or items

using Binary = std::function<Value(const Value&, const Value&)>;

Value binary(const std::string& name, const Binary& work)
{
    return Value::callable([name, work](const std::shared_ptr<minja::Context>&, minja::ArgumentsValue& args) {
        args.expectArgs(name, {2, 2}, {0, 0});
        return work(args.args[0], args.args[1]);
    });
}

/// As Python counts with them: True is 1.
bool is_integer(const Value& value)
{
    return value.is_number_integer() || value.is_boolean();
}

int64_t integer(const Value& value)
{
    return value.is_boolean() ? static_cast<int64_t>(value.get<bool>()) : value.get<int64_t>();
}

double number(const Value& value)
{
    if (!value.is_number() && !value.is_boolean()) {
        throw std::runtime_error("a number was expected, not " + value.dump().substr(0, 80));
    }
    return is_integer(value) ? static_cast<double>(integer(value)) : value.get<double>();
}

Value repeated(const Value& value, int64_t times)
{
    times = std::max<int64_t>(times, 0);
    const auto size = static_cast<int64_t>(value.size());
    if (size > 0 && times > max_repeated / size) {
        throw std::runtime_error(std::format("a repeated text or list has more than {} bytes or items", max_repeated));
    }
    std::string text;
    Value list = Value::array();
    for (int64_t i = 0; i < times; ++i) {
        if (value.is_string()) {
            text += value.get<std::string>();
            continue;
        }
        for (size_t item = 0; item < value.size(); ++item) {
            list.push_back(value.at(item));
        }
    }
    return value.is_string() ? Value(text) : list;
}

Value times(const Value& a, const Value& b)
{
    const auto repeats = [](const Value& what, const Value& count) {
        return (what.is_string() || what.is_array()) && is_integer(count);
    };
    if (repeats(a, b)) {
        return repeated(a, integer(b));
    }
    if (repeats(b, a)) {
        return repeated(b, integer(a));
    }
    int64_t product = 0;
    if (is_integer(a) && is_integer(b) && !__builtin_mul_overflow(integer(a), integer(b), &product)) {
        return product;
    }
    return number(a) * number(b);
}

void check_divisor(const Value& b)
{
    if (number(b) == 0) {
        throw std::runtime_error("division by zero");
    }
}

/// Rounded down, with the remainder of the divisor's sign.
Value divided(const Value& a, const Value& b, bool remainder)
{
    check_divisor(b);
    if (!is_integer(a) || !is_integer(b)) {
        const double floor = std::floor(number(a) / number(b));
        return remainder ? number(a) - floor * number(b) : floor;
    }
    const int64_t x = integer(a), y = integer(b);
    if (y == -1) { // the one quotient that may not fit
        return remainder ? int64_t{0} : static_cast<int64_t>(0 - static_cast<uint64_t>(x));
    }
    const int64_t left = x % y, correction = left != 0 && (left < 0) != (y < 0) ? 1 : 0;
    return remainder ? left + correction * y : x / y - correction;
}

/// Positions of Python's slice of `size` items.
std::vector<size_t> slice_of(int64_t size, const Value& from, const Value& to, const Value& by)
{
    const int64_t step = by.is_null() ? 1 : integer(by);
    if (step == 0) {
        throw std::runtime_error("slice step cannot be zero");
    }
    const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    const auto bound = [&](const Value& value, int64_t absent) {
        if (value.is_null()) {
            return absent;
        }
        const int64_t at = integer(value);
        return std::clamp(at < 0 ? at + size : at, low, high);
    };
    std::vector<size_t> positions;
    const int64_t end = bound(to, step > 0 ? high : low);
    for (int64_t at = bound(from, step > 0 ? low : high); step > 0 ? at < end : at > end;) {
        positions.push_back(static_cast<size_t>(at));
        if (std::abs(end - at) <= std::abs(std::max(step, -std::numeric_limits<int64_t>::max()))) {
            break; // also where the sum would overflow
        }
        at += step;
    }
    return positions;
}

Value slice(const std::shared_ptr<minja::Context>&, minja::ArgumentsValue& args)
{
    args.expectArgs("slice", {4, 4}, {0, 0});
    Value& value = args.args[0];
    if (!value.is_string() && !value.is_array()) {
        throw std::runtime_error("only a text or a list has slices");
    }
    std::string text;
    std::vector<std::string_view> characters;
    if (value.is_string()) {
        text = value.get<std::string>();
        for (size_t at = 0; at < text.size(); at += characters.back().size()) {
            const std::string_view rest = std::string_view(text).substr(at);
            characters.push_back(rest.substr(0, static_cast<size_t>(std::max(utf8_step(rest).size, 1))));
        }
    }
    const size_t size = value.is_string() ? characters.size() : value.size();
    std::string cut;
    Value items = Value::array();
    for (const size_t at : slice_of(static_cast<int64_t>(size), args.args[1], args.args[2], args.args[3])) {
        if (value.is_string()) {
            cut += characters[at];
        } else {
            items.push_back(value.at(at));
        }
    }
    return value.is_string() ? Value(cut) : items;
}

} // namespace

void add_python_operators(minja::Value& values)
{
    values.set("python_times", binary("*", times));
    values.set("python_divide", binary("/", [](const Value& a, const Value& b) -> Value {
                   check_divisor(b);
                   return number(a) / number(b);
               }));
    values.set("python_floor_divide",
               binary("//", [](const Value& a, const Value& b) { return divided(a, b, false); }));
    values.set("python_modulo", binary("%", [](const Value& a, const Value& b) { return divided(a, b, true); }));
    values.set("python_slice", Value::callable(slice));
}

} // namespace conclave
