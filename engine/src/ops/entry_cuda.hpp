#pragma once

#include <utility>

#include "ops/backend_cuda.hpp"
#include "ops/op_table.hpp"
#include "ops/shapes.hpp"

// What the C entry points of the plug-in share.

namespace conclave::cuda
{

inline CudaBackend& self(ConclaveBackend backend)
{
    return *static_cast<CudaBackend*>(backend);
}

/// Runs `step` with the backend's device current; what the device refuses becomes a status with a sentence.
template <class Step>
ConclaveStatus guarded(CudaBackend& b, ConclaveMessage* message, Step&& step)
{
    try {
        CUDA_CHECK(cudaSetDevice(b.device));
        step();
        return conclave_ok;
    } catch (const DeviceError& error) {
        return fail(conclave_device_lost, message,
                    "cuda:%d failed: %s; the answer ends here, and starting the program again may bring it back",
                    b.device, error.what.c_str());
    }
}

/// Device memory, or one sentence with the bytes wanted and free.
ConclaveStatus reserve(CudaBackend& b, uint64_t n_bytes, void** memory, ConclaveMessage* message);

ConclaveStatus takes_mla(const ConclaveMlaWeights* weights, ConclaveMessage* message);
ConclaveStatus takes_gqa(const ConclaveGqaWeights* weights, ConclaveMessage* message);
ConclaveStatus takes_moe(const ConclaveMoeWeights* weights, ConclaveMessage* message);

extern const ConclaveDeviceTable device_table;

} // namespace conclave::cuda
