#include "text/chat_tools.hpp"

#include <format>
#include <utility>

namespace conclave
{
namespace
{

using Json = nlohmann::ordered_json;

constexpr size_t max_bytes = size_t{1} << 20;
constexpr int max_depth = 64; // brackets in brackets; who reads the tree recurses

Error bad(std::string_view what, std::string_view is, std::string_view try_this)
{
    return {ErrorCode::invalid_argument, std::format("{} {}; {}.", what, is, try_this)};
}

Result<Json> parse(std::string_view text, std::string_view what, std::string_view try_this)
{
    if (text.size() > max_bytes) {
        return bad(what, std::format("are longer than {} bytes", max_bytes), try_this);
    }
    bool too_deep = false;
    const auto within_depth = [&](int depth, Json::parse_event_t event, const Json&) {
        const bool opens = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
        too_deep = too_deep || (opens && depth >= max_depth);
        return !too_deep;
    };
    try {
        Json value = Json::parse(text, within_depth);
        if (too_deep) {
            return bad(what, std::format("have more than {} brackets open at once", max_depth), try_this);
        }
        return value;
    } catch (const Json::parse_error& error) {
        return bad(what, std::format("are no valid JSON at byte {}", error.byte), try_this);
    } catch (const Json::out_of_range&) {
        return bad(what, "hold a number that no float can have", try_this);
    }
}

/// Recursion is bounded by max_depth.
Json with_broken(const Json& value, const BreakSpecials& broken)
{
    if (value.is_string()) {
        return broken(value.get_ref<const std::string&>());
    }
    if (!value.is_structured()) {
        return value;
    }
    Json out = value.is_object() ? Json::object() : Json::array();
    for (auto item = value.begin(); item != value.end(); ++item) {
        if (value.is_object()) {
            out[broken(item.key())] = with_broken(*item, broken);
        } else {
            out.push_back(with_broken(*item, broken));
        }
    }
    return out;
}

} // namespace

Result<Json> parse_tools(std::string_view text, const BreakSpecials& broken)
{
    constexpr std::string_view what = "The tools";
    constexpr std::string_view try_this =
        R"(give a JSON array of {"type": "function", "function": {"name": "…", "parameters": {…}}})";
    auto tools = parse(text, what, try_this);
    if (!tools) {
        return tools;
    }
    if (!tools->is_array()) {
        return bad(what, "are no JSON array", try_this);
    }
    for (size_t i = 0; i < tools->size(); ++i) {
        const Json& tool = (*tools)[i];
        const auto function = tool.is_object() ? tool.find("function") : tool.end();
        if (!tool.is_object() || function == tool.end() || !function->is_object()) {
            return bad(what, std::format("have no object \"function\" in entry {}", i + 1), try_this);
        }
        const auto name = function->find("name");
        if (name == function->end() || !name->is_string() || name->get_ref<const std::string&>().empty()) {
            return bad(what, std::format("have no name in entry {}", i + 1), try_this);
        }
        if (const auto parameters = function->find("parameters");
            parameters != function->end() && !parameters->is_object()) {
            return bad(what, std::format("have parameters in entry {} that are no JSON schema object", i + 1),
                       try_this);
        }
    }
    return with_broken(*tools, broken);
}

Result<Json> parse_arguments(std::string_view text, std::string_view name, const BreakSpecials& broken)
{
    if (text.empty()) {
        return Json::object();
    }
    const std::string what = std::format("The arguments of the call of {}", name);
    constexpr std::string_view try_this = "give one JSON object";
    auto arguments = parse(text, what, try_this);
    if (!arguments) {
        return arguments;
    }
    if (!arguments->is_object()) {
        return bad(what, "are no JSON object", try_this);
    }
    return with_broken(*arguments, broken);
}

} // namespace conclave
