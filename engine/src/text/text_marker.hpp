#pragma once

#include <span>
#include <string>
#include <string_view>

#include "conclave/chat.hpp"

namespace conclave
{

/// A string of noncharacters (U+FDD0 between two U+FDD1) that occurs in none of `messages`, so that it can be put into
/// their texts and be found again.
std::string unused_marker(std::span<const ChatMessage> messages);

/// `text` without `marker`.
std::string without_marker(std::string_view text, std::string_view marker);

} // namespace conclave
