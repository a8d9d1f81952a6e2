#include "text/chat_template.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <exception>
#include <format>
#include <iomanip>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <minja/minja.hpp>

#include "text/template_dialect.hpp"
#include "text/template_limits.hpp"
#include "text/template_work.hpp"
#include "text/text_marker.hpp"
#include "text/utf8.hpp"

namespace conclave
{
namespace
{

constexpr std::string_view think_open = "<think>";
constexpr int64_t max_range = 100'000;                // items; Jinja's own sandbox has the same bound
constexpr int max_passes = 100'000;                   // a chat of 2,000 messages takes a few thousand
constexpr std::chrono::seconds max_time{5};           // the same chat takes a few hundredths of one
constexpr size_t max_stored = size_t{4} << 20;        // characters or items of one variable
constexpr ptrdiff_t max_stack = ptrdiff_t{512} << 10; // bytes; the smallest stack of a thread we know is 1 MiB

const char* role_name(Role role)
{
    switch (role) {
    case Role::system:
        return "system";
    case Role::user:
        return "user";
    case Role::assistant:
        return "assistant";
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

struct ChatTemplate::Data {
    std::shared_ptr<minja::TemplateNode> root;
    std::string counter; ///< what the adapted source calls the work counter
    std::string bos_text, eos_text;
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
        data->root = minja::Parser::parse(count_work(adapt_template(source), data->counter), options);
        data->bos_text = std::move(bos_text);
        data->eos_text = std::move(eos_text);
        return std::make_shared<const ChatTemplate>(std::move(data));
    } catch (const std::bad_alloc&) {
        throw; // no fault of the template: Model::open has the sentence
    } catch (const std::exception& error) {
        return template_error("The file's chat template cannot be read", error);
    }
}

Result<RenderedPrompt> ChatTemplate::render(std::span<const ChatMessage> messages, const RenderOptions& options,
                                            const Tokenizer& tokenizer) const
{
    const std::string marker = unused_marker(messages);
    std::string rendered;
    try {
        auto list = minja::Value::array();
        for (const ChatMessage& message : messages) {
            std::string storage;
            const bool thinks = message.role == Role::assistant;
            auto item = minja::Value::object();
            item.set("role", role_name(message.role));
            item.set("content", tokenizer.break_specials(valid_utf8(message.content, storage), marker, thinks));
            list.push_back(item);
        }
        auto values = minja::Value::object();
        values.set("messages", list);
        values.set("add_generation_prompt", options.add_generation_prompt);
        // DeepSeek-V3.1's own template calls the switch "thinking".
        values.set("enable_thinking", options.enable_thinking);
        values.set("thinking", options.enable_thinking);
        values.set("bos_token", m_data->bos_text);
        values.set("eos_token", m_data->eos_text);
        values.set("strftime_now", now_formatter());
        values.set("range", bounded_range());
        values.set("split_at_most", split_at_most());
        values.set(m_data->counter, work_counter());
        const ContextOwner context(std::move(values));
        rendered = m_data->root->render(context.get());
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
