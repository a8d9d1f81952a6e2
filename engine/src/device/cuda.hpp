#pragma once

// What a .cu file includes instead of CUDA's own headers, so that a build with CONCLAVE_CUDA=EMULATED compiles the same
// source for the processor. A kernel is launched by CONCLAVE_LAUNCH alone and has at most one struct of shared memory,
// declared by CONCLAVE_SHARED.

#ifdef CONCLAVE_CUDA_EMULATED
#include "device/emulated/kernel.hpp"
#include "device/emulated/launch.hpp"
#include "device/emulated/memory.hpp"
#define CONCLAVE_SHARED(Type, name)                                                                                    \
    Type& name = *reinterpret_cast<Type*>(::conclave::emulated::running()->shared(sizeof(Type)))
#else
#include <cuda_runtime.h>
#define CONCLAVE_SHARED(Type, name) __shared__ Type name
#endif

#include <string>
#include <type_traits>

namespace conclave
{

/// What the device or its driver refused. Thrown inside the plug-in only, and turned into a status at its entry points.
struct DeviceError {
    cudaError_t error;
    std::string what; ///< the call, and what CUDA says of it
};

inline void check_cuda(cudaError_t error, const char* call)
{
    if (error != cudaSuccess)
        throw DeviceError{error, std::string(call) + ": " + cudaGetErrorString(error)};
}

/// Where and how wide a kernel runs.
struct LaunchShape {
    dim3 grid, block;
    cudaStream_t stream;
};

template <class... Parameters>
void launch(const char* name, void (*kernel)(Parameters...), const LaunchShape& shape,
            std::type_identity_t<Parameters>... arguments)
{
#ifdef CONCLAVE_CUDA_EMULATED
    check_cuda(emulated::launch(name, kernel, shape.grid, shape.block, shape.stream, arguments...), name);
#else
    cudaLaunchConfig_t config = {};
    config.gridDim = shape.grid;
    config.blockDim = shape.block;
    config.stream = shape.stream;
    check_cuda(cudaLaunchKernelEx(&config, kernel, arguments...), name);
#endif
}

} // namespace conclave

/// Throws DeviceError unless the call succeeds.
#define CUDA_CHECK(call) ::conclave::check_cuda(call, #call)
/// Starts `kernel` with the arguments after `shape`, a LaunchShape.
#define CONCLAVE_LAUNCH(kernel, ...) ::conclave::launch(#kernel, kernel, __VA_ARGS__)
