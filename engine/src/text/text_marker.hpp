#pragma once

#include <span>
#include <string>
#include <string_view>

#include "conclave/chat.hpp"

namespace conclave
{

/// A string of noncharacters (U+FDD0 between two U+FDD1) that occurs neither in `messages` nor in `tools` (where JSON
/// may spell it by escapes), so that it can be put into their texts and be found again.
std::string unused_marker(std::span<const ChatMessage> messages, std::string_view tools = {});

/// `text` without `marker`.
std::string without_marker(std::string_view text, std::string_view marker);

} // namespace conclave
