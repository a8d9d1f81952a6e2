#pragma once

#include <functional>
#include <string_view>

namespace conclave
{

enum class LogLevel { debug, info, warning };

/// Receives every line the engine has to say; the engine itself never prints. Called from any thread, one at a time.
using LogSink = std::function<void(LogLevel level, std::string_view line)>;

} // namespace conclave
