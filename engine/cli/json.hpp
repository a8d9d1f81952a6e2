#pragma once

#include <cstdio>
#include <string>

#include <nlohmann/json.hpp>

#include "conclave/trace.hpp"

namespace conclave::cli
{

/// Keys stay in the order they were written.
using Json = nlohmann::ordered_json;

/// One value on one line. Bytes of a hostile file that are no UTF-8 become U+FFFD; numbers that JSON lacks become null.
inline void print_json(const Json& value)
{
    const std::string text = value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
}

/// null when absent.
template <class T>
Json or_null(const std::optional<T>& value)
{
    return value ? Json(*value) : Json(nullptr);
}

} // namespace conclave::cli
