#include <algorithm>
#include <cstdio>

#include "ops/attention.cuh"
#include "ops/codec.cuh"
#include "ops/entry_cuda.hpp"

namespace conclave::cuda
{

namespace
{

double mib(uint64_t n_bytes)
{
    return static_cast<double>(n_bytes) / (1 << 20);
}

int32_t count(ConclaveMessage* message)
{
    int n = 0;
    const cudaError_t error = cudaGetDeviceCount(&n);
    if (error == cudaErrorInsufficientDriver)
        fail(conclave_invalid, message, "no NVIDIA driver found, or one too old for this build");
    else if (error != cudaSuccess && error != cudaErrorNoDevice)
        fail(conclave_invalid, message, "the NVIDIA driver does not answer: %s", cudaGetErrorString(error));
    else if (n == 0 || error == cudaErrorNoDevice)
        fail(conclave_invalid, message, "no NVIDIA GPU found");
    return error == cudaSuccess ? n : 0;
}

ConclaveStatus info(int32_t device, ConclaveDeviceInfo* info, ConclaveMessage* message)
{
    CudaBackend b;
    b.device = device;
    return guarded(b, message, [&] {
        cudaDeviceProp properties;
        CUDA_CHECK(cudaGetDeviceProperties(&properties, device));
        std::snprintf(info->name, sizeof info->name, "%.127s", properties.name);
        size_t n_free = 0, n_total = 0;
        CUDA_CHECK(cudaMemGetInfo(&n_free, &n_total));
        info->free_bytes = n_free;
        info->total_bytes = n_total;
    });
}

int32_t reads_type(int32_t dtype)
{
    return reads(dtype);
}

ConclaveStatus allocate(ConclaveBackend backend, uint64_t n_bytes, void** memory, ConclaveMessage* message)
{
    cudaSetDevice(self(backend).device);
    return reserve(self(backend), n_bytes, memory, message);
}

void release(ConclaveBackend backend, void* memory)
{
    cudaSetDevice(self(backend).device);
    cudaStreamSynchronize(self(backend).stream); // nothing may use what goes
    cudaFree(memory);
}

ConclaveStatus allocate_pinned(ConclaveBackend backend, uint64_t n_bytes, void** memory, ConclaveMessage* message)
{
    return guarded(self(backend), message, [&] { CUDA_CHECK(cudaMallocHost(memory, n_bytes)); });
}

void release_pinned(ConclaveBackend backend, void* memory)
{
    cudaSetDevice(self(backend).device);
    cudaFreeHost(memory);
}

ConclaveStatus upload(ConclaveBackend backend, void* to, const void* from, uint64_t n_bytes, ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    return guarded(b, message, [&] { b.staging.upload(to, from, n_bytes, b.stream); });
}

ConclaveStatus download(ConclaveBackend backend, void* to, const void* from, uint64_t n_bytes, ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    return guarded(b, message,
                   [&] { CUDA_CHECK(cudaMemcpyAsync(to, from, n_bytes, cudaMemcpyDeviceToHost, b.stream)); });
}

ConclaveStatus synchronize(ConclaveBackend backend, ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    return guarded(b, message, [&] { CUDA_CHECK(cudaStreamSynchronize(b.stream)); });
}

ConclaveStatus begin_step(ConclaveBackend backend, const ConclaveBatch* batch, uint64_t key, int32_t* recorded,
                          ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    if (batch->n_rows < 1 || batch->n_rows > b.limits.max_rows)
        return fail(conclave_invalid, message, "A step of %d rows; %d were prepared.", batch->n_rows,
                    b.limits.max_rows);
    return guarded(b, message, [&] {
        const uint64_t n_bytes = static_cast<uint64_t>(batch->n_rows) * sizeof(int32_t);
        b.staging.upload(b.work.sequence, batch->sequence, n_bytes, b.stream);
        b.staging.upload(b.work.position, batch->position, n_bytes, b.stream);
        b.staging.upload(b.work.token, batch->token, n_bytes, b.stream);
        const int32_t longest = *std::max_element(batch->position, batch->position + batch->n_rows) + 1;
        b.n_splits = attention_splits(batch->n_rows, longest);
        *recorded = b.steps.begin({key, batch->n_rows, b.n_splits}, b.stream);
    });
}

ConclaveStatus end_step(ConclaveBackend backend, int32_t complete, ConclaveMessage* message)
{
    CudaBackend& b = self(backend);
    return guarded(b, message, [&] { b.steps.end(complete != 0, b.stream); });
}

} // namespace

ConclaveStatus reserve(CudaBackend& b, uint64_t n_bytes, void** memory, ConclaveMessage* message)
{
    const cudaError_t error = cudaMalloc(memory, n_bytes);
    if (error == cudaSuccess)
        return conclave_ok;
    if (error != cudaErrorMemoryAllocation)
        return guarded(b, message, [&] { check_cuda(error, "cudaMalloc"); });
    cudaGetLastError(); // an allocation that fails leaves no other trace
    size_t n_free = 0, n_total = 0;
    cudaMemGetInfo(&n_free, &n_total);
    return fail(conclave_out_of_memory, message,
                "cuda:%d has no room for %.1f MiB: %.1f of its %.1f MiB are free; ask for a shorter context or a "
                "smaller model",
                b.device, mib(n_bytes), mib(n_free), mib(n_total));
}

const ConclaveDeviceTable device_table = {
    sizeof(ConclaveDeviceTable),
    count,
    info,
    reads_type,
    takes_mla,
    takes_gqa,
    takes_moe,
    allocate,
    release,
    allocate_pinned,
    release_pinned,
    upload,
    download,
    synchronize,
    begin_step,
    end_step,
};

} // namespace conclave::cuda
