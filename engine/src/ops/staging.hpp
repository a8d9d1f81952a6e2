#pragma once

#include <array>
#include <cstdint>

#include "device/cuda.hpp"

namespace conclave::cuda
{

/// Brings host memory of any kind to a device: while one slot of pinned memory is copied by the device, the next is
/// filled. Its calls throw DeviceError.
class Staging
{
public:
    Staging() = default;
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;
    ~Staging();

    /// In order with the stream's work; `from` may change once this returns.
    void upload(void* to, const void* from, uint64_t n_bytes, cudaStream_t stream);

private:
    static constexpr uint64_t slot_bytes = 4 << 20;
    struct Slot {
        void* memory = nullptr;
        cudaEvent_t copied = nullptr;
    };
    std::array<Slot, 4> m_slots;
    size_t m_next = 0;
};

} // namespace conclave::cuda
