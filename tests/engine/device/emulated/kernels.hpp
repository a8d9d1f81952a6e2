#pragma once

#include "device/cuda.hpp"

namespace conclave::emulated::test
{

/// Device memory of n floats for one test; device() must have begun.
class Floats
{
public:
    explicit Floats(size_t n) : m_n(n) { CUDA_CHECK(cudaMalloc(reinterpret_cast<void**>(&m_data), n * sizeof(float))); }
    Floats(const Floats&) = delete;
    Floats& operator=(const Floats&) = delete;
    ~Floats() { cudaFree(m_data); }

    float* data() const { return m_data; }
    std::vector<float> get(cudaStream_t stream) const
    {
        std::vector<float> host(m_n);
        CUDA_CHECK(cudaMemcpyAsync(host.data(), m_data, m_n * sizeof(float), cudaMemcpyDeviceToHost, stream));
        CUDA_CHECK(cudaStreamSynchronize(stream));
        return host;
    }

private:
    float* m_data = nullptr;
    size_t m_n;
};

/// A device without faults and a stream of it.
class Device
{
public:
    Device()
    {
        cudaDeviceReset();
        CUDA_CHECK(cudaStreamCreateWithFlags(&m_stream, cudaStreamNonBlocking));
    }
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;
    ~Device()
    {
        cudaStreamDestroy(m_stream);
        cudaDeviceReset();
    }

    cudaStream_t stream() const { return m_stream; }
    LaunchShape shape(uint32_t n_blocks, uint32_t n_threads) const { return {n_blocks, n_threads, m_stream}; }
    /// What went wrong in what the stream was given; empty when nothing did.
    std::string fault() const
    {
        return cudaStreamSynchronize(m_stream) == cudaErrorLaunchFailure ? cudaGetErrorString(cudaErrorLaunchFailure)
                                                                         : "";
    }

private:
    cudaStream_t m_stream = nullptr;
};

} // namespace conclave::emulated::test
