#pragma once

#include <functional>
#include <string>

#include "device/emulated/block.hpp"

namespace conclave::emulated
{

/// One thing a stream was asked to do; returns what went wrong, or nothing.
using Work = std::function<std::string()>;

/// Gives a launch to a stream, and launch.arguments with it: they end by `destroy`. (No shared_ptr: kernels' sources
/// cannot count references, because the compiler instruments atomics too.)
cudaError_t enqueue(cudaStream_t stream, const Launch& launch, void (*destroy)(const void*));

} // namespace conclave::emulated
