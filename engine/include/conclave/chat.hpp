#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace conclave
{

enum class Role { system, user, assistant, tool };

/// A function that an assistant's message asks for.
struct ToolCall {
    std::string id{};        ///< as the result names it; some templates want nine letters and digits
    std::string name{};      ///< of the function
    std::string arguments{}; ///< UTF-8, a JSON object
};

struct ChatMessage {
    Role role = Role::user;
    std::string content{};              ///< UTF-8; an assistant's message may begin with <think>…</think>
    std::vector<ToolCall> tool_calls{}; ///< of an assistant's message
    std::string tool_call_id{};         ///< of a tool's message: the call whose result it is
};

struct RenderOptions {
    bool add_generation_prompt = true; ///< end with the opening of an assistant's turn
    bool enable_thinking = true;       ///< for templates that know the switch
    std::string tools{}; ///< UTF-8, a JSON array of {"type": "function", "function": {"name": …}}; empty: none
};

/// A chat as the model's own template writes it. Text a person typed is never read as special tokens.
struct RenderedPrompt {
    std::string text;
    std::vector<int32_t> ids;
    bool opens_thinking = false; ///< the prompt ends inside <think>, so the answer starts with thinking
};

/// A chat that was made to fit, and what that took: never silently.
struct FittedChat {
    RenderedPrompt prompt;
    int first_dropped = 0; ///< index of the first message that was left out
    int n_dropped = 0;     ///< messages left out from there on
};

} // namespace conclave
