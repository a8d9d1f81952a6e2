#include "text/template_functions.hpp"

#include <chrono>
#include <ctime>
#include <format>
#include <iomanip>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "text/python_json.hpp"
#include "text/python_operators.hpp"

namespace conclave
{
namespace
{

constexpr int64_t max_range = 100'000;                // items; Jinja's own sandbox has the same bound
constexpr int max_passes = 100'000;                   // a chat of 2,000 messages takes a few thousand
constexpr std::chrono::seconds max_time{5};           // the same chat takes a few hundredths of one
constexpr size_t max_stored = size_t{4} << 20;        // characters or items of one variable
constexpr ptrdiff_t max_stack = ptrdiff_t{512} << 10; // bytes; the smallest stack of a thread we know is 1 MiB
constexpr int64_t max_indent = 64;                    // blanks a level of JSON

minja::Value now_formatter()
{
    return minja::Value::callable([](const std::shared_ptr<minja::Context>&, minja::ArgumentsValue& args) {
        args.expectArgs("strftime_now", {1, 1}, {0, 0});
        const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
        std::tm local{};
#ifdef _WIN32
        localtime_s(&local, &now);
#else
        localtime_r(&now, &local); // std::localtime shares one buffer between threads
#endif
        std::ostringstream out;
        out << std::put_time(&local, args.args[0].get<std::string>().c_str());
        return minja::Value(out.str());
    });
}

/// range(), with a bound: minja's own would fill memory for a hostile template.
minja::Value bounded_range()
{
    return minja::Value::callable([](const std::shared_ptr<minja::Context>&, minja::ArgumentsValue& args) {
        args.expectArgs("range", {1, 3}, {0, 0});
        const auto number = [&](size_t i) { return args.args[i].get<int64_t>(); };
        const int64_t start = args.args.size() > 1 ? number(0) : 0;
        const int64_t end = number(args.args.size() > 1 ? 1 : 0);
        const int64_t step = args.args.size() > 2 ? number(2) : 1;
        if (step == 0) {
            throw std::runtime_error("range() needs a step other than 0");
        }
        minja::Value items = minja::Value::array();
        for (int64_t i = start; step > 0 ? i < end : i > end; i += step) {
            if (static_cast<int64_t>(items.size()) == max_range) {
                throw std::runtime_error(std::format("range() gives more than {} items", max_range));
            }
            items.push_back(i);
        }
        return items;
    });
}

/// Python's str.split with a limit; see template_dialect.hpp.
minja::Value split_at_most()
{
    return minja::Value::callable([](const std::shared_ptr<minja::Context>&, minja::ArgumentsValue& args) {
        args.expectArgs("split", {3, 3}, {0, 0});
        const auto text = args.args[0].get<std::string>();
        const auto separator = args.args[1].get<std::string>();
        const auto limit = args.args[2].get<int64_t>(); // below 0: none
        if (separator.empty()) {
            throw std::runtime_error("split() needs a separator that is not empty");
        }
        minja::Value parts = minja::Value::array();
        size_t begin = 0;
        for (int64_t cuts = 0; limit < 0 || cuts < limit; ++cuts) {
            const size_t end = text.find(separator, begin);
            if (end == std::string::npos) {
                break;
            }
            parts.push_back(minja::Value(text.substr(begin, end - begin)));
            begin = end + separator.size();
        }
        parts.push_back(minja::Value(text.substr(begin)));
        return parts;
    });
}

/// The filter tojson, with the options of transformers' own. `marker` stays as it is, so that it is found again.
minja::Value to_json(std::string marker)
{
    return minja::Value::callable(
        [marker = std::move(marker)](const std::shared_ptr<minja::Context>&, minja::ArgumentsValue& args) {
            // value, ensure_ascii, indent, separators, sort_keys
            args.expectArgs("tojson", {1, 1}, {0, 4});
            PythonJsonStyle style;
            style.keep = marker;
            for (auto& [name, value] : args.kwargs) {
                if (name == "ensure_ascii") {
                    style.ensure_ascii = value.to_bool();
                } else if (name == "sort_keys") {
                    style.sort_keys = value.to_bool();
                } else if (name == "indent" && !value.is_null()) {
                    const auto indent = value.get<int64_t>();
                    if (indent < 0 || indent > max_indent) {
                        throw std::runtime_error(std::format("tojson() indents by 0 to {} blanks", max_indent));
                    }
                    style.indent = static_cast<int>(indent);
                    style.item_separator = ",";
                } else if (name != "indent" && name != "separators") {
                    throw std::runtime_error("tojson() has no option " + name);
                }
            }
            if (minja::Value separators = args.get_named("separators"); !separators.is_null()) {
                style.item_separator = separators.at(size_t{0}).get<std::string>();
                style.key_separator = separators.at(size_t{1}).get<std::string>();
            }
            return minja::Value(python_json(args.args[0].get<nlohmann::ordered_json>(), style));
        });
}

/// Ends a rendering that would hang, fill memory or overflow the stack; see template_work.hpp for where it is called.
minja::Value work_counter()
{
    const char* const base = static_cast<const char*>(__builtin_frame_address(0));
    const auto deadline = std::chrono::steady_clock::now() + max_time;
    return minja::Value::callable(
        [base, deadline, passes = 0](const std::shared_ptr<minja::Context>&, minja::ArgumentsValue& args) mutable {
            const char* const here = static_cast<const char*>(__builtin_frame_address(0));
            if (++passes > max_passes) {
                throw std::runtime_error(std::format("its loops and macros run more than {} times", max_passes));
            }
            if (std::chrono::steady_clock::now() > deadline) {
                throw std::runtime_error(std::format("it takes longer than {} seconds", max_time.count()));
            }
            if (base - here > max_stack) {
                throw std::runtime_error("its macros call themselves without end");
            }
            for (const minja::Value& value : args.args) {
                if ((value.is_string() || value.is_array()) && value.size() > max_stored) {
                    throw std::runtime_error(
                        std::format("one of its variables grows beyond {} characters or items", max_stored));
                }
            }
            return minja::Value(false);
        });
}

} // namespace

void add_template_functions(minja::Value& values, const std::string& counter, const std::string& marker)
{
    values.set("strftime_now", now_formatter());
    values.set("range", bounded_range());
    values.set("split_at_most", split_at_most());
    values.set("tojson", to_json(marker));
    add_python_operators(values);
    values.set(counter, work_counter());
}

} // namespace conclave
