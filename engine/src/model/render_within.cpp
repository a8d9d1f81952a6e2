#include <algorithm>
#include <string>
#include <vector>

#include "conclave/model.hpp"

namespace conclave
{

namespace
{

/// Where each turn begins: at a message of the user. What stands before the first stays in any case.
std::vector<size_t> turns_of(std::span<const ChatMessage> messages)
{
    std::vector<size_t> begins;
    for (size_t i = 0; i < messages.size(); ++i) {
        if (messages[i].role == Role::user) {
            begins.push_back(i);
        }
    }
    return begins;
}

} // namespace

Result<FittedChat> Model::render_within(std::span<const ChatMessage> messages, int max_tokens,
                                        RenderOptions options) const
{
    const std::vector<size_t> turns = turns_of(messages);
    const auto without = [&](size_t n_turns) -> Result<FittedChat> {
        FittedChat out;
        std::vector<ChatMessage> kept(messages.begin(), messages.end());
        if (n_turns > 0) {
            const auto first = static_cast<std::ptrdiff_t>(turns[0]),
                       last = static_cast<std::ptrdiff_t>(turns[n_turns]);
            kept.erase(kept.begin() + first, kept.begin() + last);
            out.first_dropped = static_cast<int>(first);
            out.n_dropped = static_cast<int>(last - first);
        }
        auto rendered = render(kept, options);
        if (!rendered) {
            return rendered.error();
        }
        out.prompt = *std::move(rendered);
        return out;
    };
    // Each turn that is left out makes the prompt shorter, so the fewest are found by halving.
    size_t low = 0, high = turns.empty() ? 0 : turns.size() - 1;
    auto best = without(0);
    if (!best || static_cast<int>(best->prompt.ids.size()) <= max_tokens) {
        return best;
    }
    best = without(high);
    if (best && static_cast<int>(best->prompt.ids.size()) > max_tokens) {
        return Error{ErrorCode::context_full,
                     "the last question alone has " + std::to_string(best->prompt.ids.size()) + " tokens, and " +
                         std::to_string(max_tokens) +
                         " fit beside room for an answer; shorten it, or ask for a longer context"};
    }
    while (best && low + 1 < high) {
        const size_t middle = low + (high - low) / 2;
        auto tried = without(middle);
        if (!tried) {
            return tried;
        }
        if (static_cast<int>(tried->prompt.ids.size()) <= max_tokens) {
            best = std::move(tried);
            high = middle;
        } else {
            low = middle;
        }
    }
    return best;
}

} // namespace conclave
