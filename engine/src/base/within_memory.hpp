#pragma once

#include <cstdint>
#include <format>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "conclave/result.hpp"

namespace conclave
{

/// "… needs 12.3 MiB of memory, which is not free; …"
inline Error out_of_memory(std::string_view what, uint64_t n_bytes, std::string_view what_to_try)
{
    return {ErrorCode::out_of_memory, std::format("{} needs {:.1f} MiB of memory, which is not free; {}", what,
                                                  static_cast<double>(n_bytes) / (1 << 20), what_to_try)};
}

/// What `work` returns, a Result. Errors: those of `work`, and the one that `sentence` makes when an allocation fails
/// on the way, so that no std::bad_alloc crosses the public header.
template <class Work, class Sentence>
std::invoke_result_t<Work> within_memory(Work&& work, Sentence&& sentence)
{
    try {
        return std::forward<Work>(work)();
    } catch (const std::bad_alloc&) {
        return std::forward<Sentence>(sentence)();
    }
}

} // namespace conclave
