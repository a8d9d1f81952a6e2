#include "text/chat_template.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <format>
#include <mutex>
#include <new>
#include <utility>

#include <minja/minja.hpp>

#include "text/chat_tools.hpp"
#include "text/template_dialect.hpp"
#include "text/template_functions.hpp"
#include "text/template_limits.hpp"
#include "text/template_work.hpp"
#include "text/text_marker.hpp"
#include "text/utf8.hpp"

namespace conclave
{
namespace
{

using Json = nlohmann::ordered_json; // as minja has it: the order of keys stays

constexpr std::string_view think_open = "<think>";

const char* role_name(Role role)
{
    switch (role) {
    case Role::system:
        return "system";
    case Role::user:
        return "user";
    case Role::assistant:
        return "assistant";
    case Role::tool:
        return "tool";
    }
    return "";
}

/// minja says "what at row R, column C:" and shows the line with a caret. It adds outer nodes after the innermost one,
/// which is the place at fault, so only the first is kept.
Error template_error(std::string_view what, const std::exception& error)
{
    std::string text = error.what();
    if (const size_t first = text.find(" at row "); first != std::string::npos) {
        text.resize(std::min(text.find(" at row ", first + 1), text.size()));
    }
    while (!text.empty() && text.back() == '\n') {
        text.pop_back();
    }
    return {ErrorCode::format, std::format("{}: {}", what, text)};
}

/// A macro holds the context it is defined in, which holds the macro: without this every rendering of such a template
/// would leak its context.
class ContextOwner
{
public:
    explicit ContextOwner(minja::Value values) : m_context(minja::Context::make(std::move(values))) {}
    ~ContextOwner()
    {
        for (const minja::Value& key : m_context->keys()) {
            m_context->set(key, minja::Value());
        }
    }
    ContextOwner(const ContextOwner&) = delete;
    ContextOwner& operator=(const ContextOwner&) = delete;

    const std::shared_ptr<minja::Context>& get() const { return m_context; }

private:
    std::shared_ptr<minja::Context> m_context;
};

bool ends_in_thinking(std::string_view prompt)
{
    const size_t last = prompt.find_last_not_of(" \t\r\n");
    return last != std::string_view::npos && prompt.substr(0, last + 1).ends_with(think_open);
}

} // namespace

/// How a template takes an assistant's calls; published ones differ.
struct CallStyle {
    bool text_arguments = false; ///< the JSON text, not the object
    bool null_content = false;   ///< none, where there is no content
};

struct ChatTemplate::Data {
    std::shared_ptr<minja::TemplateNode> root;
    std::string counter; ///< what the adapted source calls the work counter
    std::string bos_text, eos_text;
    mutable std::once_flag call_style_asked;
    mutable CallStyle call_style; ///< behind call_style_asked
};

ChatTemplate::ChatTemplate(std::unique_ptr<const Data> data) : m_data(std::move(data)) {}
ChatTemplate::~ChatTemplate() = default;

Result<std::shared_ptr<const ChatTemplate>> ChatTemplate::create(std::string source, std::string bos_text,
                                                                 std::string eos_text)
{
    if (const auto within = check_template_limits(source); !within) {
        return within.error();
    }
    try {
        auto data = std::make_unique<Data>();
        const minja::Options options{.trim_blocks = true, .lstrip_blocks = true, .keep_trailing_newline = false};
        data->counter = unused_name(source);
        const std::string adapted = adapt_template(source);
        if (const auto within = check_adapted_limits(adapted); !within) {
            return within.error();
        }
        data->root = minja::Parser::parse(count_work(adapted, data->counter), options);
        data->bos_text = std::move(bos_text);
        data->eos_text = std::move(eos_text);
        return std::make_shared<const ChatTemplate>(std::move(data));
    } catch (const std::bad_alloc&) {
        throw; // no fault of the template: Model::open has the sentence
    } catch (const std::exception& error) {
        return template_error("The file's chat template cannot be read", error);
    }
}

namespace
{

std::string render_values(const ChatTemplate::Data& data, minja::Value messages, const Json& tools,
                          const RenderOptions& options, const std::string& marker)
{
    auto values = minja::Value::object();
    values.set("messages", messages);
    if (!tools.is_null()) {
        values.set("tools", minja::Value(tools));
    }
    values.set("add_generation_prompt", options.add_generation_prompt);
    // DeepSeek-V3.1's own template calls the switch "thinking".
    values.set("enable_thinking", options.enable_thinking);
    values.set("thinking", options.enable_thinking);
    values.set("bos_token", data.bos_text);
    values.set("eos_token", data.eos_text);
    add_template_functions(values, data.counter, marker);
    const ContextOwner context(std::move(values));
    return data.root->render(context.get());
}

/// The first style in which the template writes a call's arguments as JSON or by name; objects with "" when there is
/// none. The template is asked by rendering, as its source does not say.
CallStyle find_call_style(const ChatTemplate::Data& data)
{
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(1); // for templates without end
    const std::string name = "probe_function", key = "probe_argument", id = "probe0001";
    for (const CallStyle style : {CallStyle{false, false}, {true, false}, {false, true}, {true, true}}) {
        const Json arguments = {{key, "probe"}};
        Json call = {{"name", name}, {"arguments", style.text_arguments ? Json(arguments.dump()) : arguments}};
        const Json content = style.null_content ? Json(nullptr) : Json("");
        const Json messages = Json::array(
            {{{"role", "user"}, {"content", "probe"}},
             {{"role", "assistant"},
              {"content", content},
              {"tool_calls", Json::array({{{"id", id}, {"type", "function"}, {"function", std::move(call)}}})}}});
        try {
            const std::string text =
                render_values(data, minja::Value(messages), Json(), {.add_generation_prompt = false}, "\uFDD1");
            const auto has = [&](const std::string& part) { return text.find(part) != std::string::npos; };
            if (has(name) && has(key) && !has("'" + key) && !has("\\\"" + key)) {
                return style;
            }
        } catch (const std::bad_alloc&) {
            throw;
        } catch (const std::exception&) { // refused in this style
            if (std::chrono::steady_clock::now() > patience) {
                break;
            }
        }
    }
    return {};
}

/// Asked once: it takes up to four renderings.
CallStyle call_style(const ChatTemplate::Data& data)
{
    std::call_once(data.call_style_asked, [&] { data.call_style = find_call_style(data); });
    return data.call_style;
}

/// Errors: invalid_argument.
Result<Json> tool_calls(const ChatMessage& message, const CallStyle& style, const BreakSpecials& broken)
{
    Json calls = Json::array();
    for (const ToolCall& call : message.tool_calls) {
        auto arguments = parse_arguments(call.arguments, call.name, broken);
        if (!arguments) {
            return arguments;
        }
        Json item = Json::object();
        if (!call.id.empty()) {
            item["id"] = broken(call.id);
        }
        item["type"] = "function";
        item["function"] = {{"name", broken(call.name)}};
        item["function"]["arguments"] =
            style.text_arguments ? Json(broken(call.arguments.empty() ? "{}" : call.arguments)) : *arguments;
        calls.push_back(std::move(item));
    }
    return calls;
}

} // namespace

Result<RenderedPrompt> ChatTemplate::render(std::span<const ChatMessage> messages, const RenderOptions& options,
                                            const Tokenizer& tokenizer) const
{
    const std::string marker = unused_marker(messages, options.tools);
    const auto broken = [&](std::string_view text) {
        std::string storage;
        return tokenizer.break_specials(valid_utf8(text, storage), marker, false);
    };
    Json tools;
    if (!options.tools.empty()) {
        auto parsed = parse_tools(options.tools, broken);
        if (!parsed) {
            return parsed.error();
        }
        tools = *std::move(parsed);
    }
    CallStyle style;
    const auto calls = [](const ChatMessage& message) { return !message.tool_calls.empty(); };
    if (std::any_of(messages.begin(), messages.end(), calls)) {
        style = call_style(*m_data);
    }
    std::string rendered;
    try {
        auto list = minja::Value::array();
        for (const ChatMessage& message : messages) {
            std::string storage;
            const bool thinks = message.role == Role::assistant;
            Json item = {{"role", role_name(message.role)}};
            item["content"] = tokenizer.break_specials(valid_utf8(message.content, storage), marker, thinks);
            if (!message.tool_call_id.empty()) {
                item["tool_call_id"] = broken(message.tool_call_id);
            }
            if (calls(message)) {
                auto values = tool_calls(message, style, broken);
                if (!values) {
                    return values.error();
                }
                item["tool_calls"] = *std::move(values);
                if (style.null_content && message.content.empty()) {
                    item["content"] = nullptr;
                }
            }
            list.push_back(minja::Value(item));
        }
        rendered = render_values(*m_data, std::move(list), tools, options, marker);
    } catch (const std::bad_alloc&) {
        throw; // no fault of the template: Model::render has the sentence
    } catch (const std::exception& error) {
        return template_error("The file's chat template refuses this chat", error);
    }
    RenderedPrompt prompt;
    prompt.ids = tokenizer.encode_rendered(rendered, marker);
    prompt.text = without_marker(rendered, marker);
    prompt.opens_thinking = options.add_generation_prompt && ends_in_thinking(prompt.text);
    return prompt;
}

} // namespace conclave
