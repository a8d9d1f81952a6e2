#pragma once

#include <stop_token>

#include "conclave/model.hpp"
#include "model/model_state.hpp"

namespace conclave
{

/// Copies the weights to the device that computes and leaves `model.weights` with its pointers. A stop ends it early:
/// the model is for throwing away then. Errors: unsupported when the device does not compute a layer, before anything
/// is copied; out_of_memory with the bytes wanted and free; device.
Result<void> bring_to_device(ModelState& model, const LoadProgress& progress, const std::stop_token& stop);

} // namespace conclave
