#pragma once

#include <tuple>
#include <utility>

#include "device/emulated/stream.hpp"

namespace conclave::emulated
{

/// The launch keeps a copy of the arguments, as a device does.
template <class... Parameters>
cudaError_t launch(const char* name, void (*kernel)(Parameters...), dim3 grid, dim3 block, cudaStream_t stream,
                   Parameters... arguments)
{
    using Call = std::pair<void (*)(Parameters...), std::tuple<Parameters...>>;
    const auto* kept = new Call(kernel, std::tuple<Parameters...>(arguments...));
    const auto call = [](const void* p) {
        const Call& it = *static_cast<const Call*>(p);
        std::apply(it.first, it.second);
    };
    const auto destroy = [](const void* p) { delete static_cast<const Call*>(p); };
    return enqueue(stream, {name, grid, block, call, kept, sizeof(Call)}, destroy);
}

} // namespace conclave::emulated
