#include "model/bring_to_device.hpp"

#include <algorithm>
#include <variant>

#include "model/engine_state.hpp"
#include "ops/device_weights.hpp"

namespace conclave
{

namespace
{

ConclaveStatus takes(const ConclaveDeviceTable& device, const ConclaveMlaWeights& w, ConclaveMessage* message)
{
    return device.takes_mla(&w, message);
}
ConclaveStatus takes(const ConclaveDeviceTable& device, const ConclaveGqaWeights& w, ConclaveMessage* message)
{
    return device.takes_gqa(&w, message);
}
ConclaveStatus takes(const ConclaveDeviceTable&, const ConclaveMlpWeights&, ConclaveMessage*)
{
    return conclave_ok;
}
ConclaveStatus takes(const ConclaveDeviceTable& device, const ConclaveMoeWeights& w, ConclaveMessage* message)
{
    return device.takes_moe(&w, message);
}

/// Refuses what the device does not compute, before a byte is copied.
Result<void> check_layers(const Weights& weights, const ConclaveDeviceTable& device)
{
    char text[256] = "";
    ConclaveMessage message{text, sizeof text};
    const auto check = [&](const auto& mixer) { return takes(device, mixer, &message); };
    for (const Layer& layer : weights.layers) {
        ConclaveStatus status = std::visit(check, layer.token_mixer);
        if (status == conclave_ok) {
            status = std::visit(check, layer.channel_mixer);
        }
        if (status != conclave_ok) {
            return backend_error(status, text);
        }
    }
    return {};
}

} // namespace

Result<void> bring_to_device(ModelState& model, const LoadProgress& progress, const std::stop_token& stop)
{
    const OpPlace place = model.engine->place();
    Weights& w = model.weights;
    if (auto checked = check_layers(w, *place.device); !checked) {
        return checked;
    }
    DeviceWeights transfer(*place.device);
    transfer.add(w.embedding);
    transfer.add(w.output);
    transfer.add(w.output_norm, w.hidden);
    for (Layer& layer : w.layers) {
        std::visit([&](auto& mixer) { transfer.add(mixer); }, layer.token_mixer);
        std::visit([&](auto& mixer) { transfer.add(mixer); }, layer.channel_mixer);
    }
    auto memory = OpMemory::allocate(place, transfer.n_bytes());
    if (!memory) {
        return memory.error();
    }
    model.device_weights = *std::move(memory);
    uint64_t done = 0;
    const auto heard = [&](uint64_t n_bytes) {
        done += n_bytes;
        if (progress) {
            progress(std::min(done, model.weights_bytes), model.weights_bytes);
        }
        return !stop.stop_requested();
    };
    char text[256] = "";
    ConclaveMessage message{text, sizeof text};
    const ConclaveStatus status = transfer.run(place.backend, model.device_weights.data(), heard, &message);
    if (status != conclave_ok) {
        return backend_error(status, text);
    }
    return {};
}

} // namespace conclave
