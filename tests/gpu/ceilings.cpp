// What a device can do at best: a copy within its memory, and a matrix product by the vendor's library. Prints JSON.
#include <cstdio>
#include <cstdlib>

#include <cublas_v2.h>
#include <cuda_bf16.h>
#include <cuda_runtime.h>

namespace
{

void check(bool ok, const char* what)
{
    if (!ok) {
        std::fprintf(stderr, "gpu_ceilings: %s failed: %s\n", what, cudaGetErrorString(cudaGetLastError()));
        std::exit(1);
    }
}

/// Seconds of one `work`, the best of five rounds of ten.
template <class Work>
double best_seconds(Work&& work)
{
    cudaEvent_t begin, end;
    check(cudaEventCreate(&begin) == cudaSuccess && cudaEventCreate(&end) == cudaSuccess, "cudaEventCreate");
    float best = 1e30f;
    work();
    for (int round = 0; round < 5; ++round) {
        cudaEventRecord(begin);
        for (int i = 0; i < 10; ++i)
            work();
        cudaEventRecord(end);
        check(cudaEventSynchronize(end) == cudaSuccess, "the measured work");
        float ms = 0;
        cudaEventElapsedTime(&ms, begin, end);
        best = ms < best ? ms : best;
    }
    return best / 10e3;
}

double copy_gbps()
{
    constexpr size_t n_bytes = size_t{1} << 30;
    void *from = nullptr, *to = nullptr;
    check(cudaMalloc(&from, n_bytes) == cudaSuccess && cudaMalloc(&to, n_bytes) == cudaSuccess, "cudaMalloc");
    cudaMemset(from, 1, n_bytes);
    const double seconds = best_seconds([&] { cudaMemcpyAsync(to, from, n_bytes, cudaMemcpyDeviceToDevice); });
    cudaFree(from);
    cudaFree(to);
    return 2.0 * n_bytes / seconds / 1e9; // read and written
}

double bf16_tflops()
{
    constexpr int n = 8192;
    constexpr size_t n_elements = size_t{n} * n;
    auto* host = static_cast<__nv_bfloat16*>(std::malloc(n_elements * sizeof(__nv_bfloat16)));
    uint32_t state = 1;
    for (size_t i = 0; i < n_elements; ++i) { // zeros would run faster than data does
        state = state * 1664525u + 1013904223u;
        host[i] = __float2bfloat16(static_cast<float>(state >> 8) * 0x1p-23f - 1.0f);
    }
    void *a = nullptr, *b = nullptr, *c = nullptr;
    const size_t n_bytes = n_elements * sizeof(__nv_bfloat16);
    check(cudaMalloc(&a, n_bytes) == cudaSuccess && cudaMalloc(&b, n_bytes) == cudaSuccess &&
              cudaMalloc(&c, n_bytes) == cudaSuccess,
          "cudaMalloc");
    cudaMemcpy(a, host, n_bytes, cudaMemcpyHostToDevice);
    cudaMemcpy(b, host, n_bytes, cudaMemcpyHostToDevice);
    std::free(host);
    cublasHandle_t handle = nullptr;
    check(cublasCreate(&handle) == CUBLAS_STATUS_SUCCESS, "cublasCreate");
    const float one = 1, zero = 0;
    const double seconds = best_seconds([&] {
        check(cublasGemmEx(handle, CUBLAS_OP_T, CUBLAS_OP_N, n, n, n, &one, a, CUDA_R_16BF, n, b, CUDA_R_16BF, n, &zero,
                           c, CUDA_R_16BF, n, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT) == CUBLAS_STATUS_SUCCESS,
              "cublasGemmEx");
    });
    cublasDestroy(handle);
    for (void* memory : {a, b, c})
        cudaFree(memory);
    return 2.0 * n * n * n / seconds / 1e12;
}

} // namespace

int main()
{
    cudaDeviceProp device;
    check(cudaGetDeviceProperties(&device, 0) == cudaSuccess, "cudaGetDeviceProperties");
    int driver = 0, runtime = 0;
    cudaDriverGetVersion(&driver);
    cudaRuntimeGetVersion(&runtime);
    std::printf(
        "{\"device\": \"%s\", \"compute_capability\": \"%d.%d\", \"multiprocessors\": %d, \"memory_bytes\": %zu, "
        "\"driver_cuda\": %d, \"runtime_cuda\": %d, ",
        device.name, device.major, device.minor, device.multiProcessorCount, device.totalGlobalMem, driver, runtime);
    std::printf("\"copy_gbps\": %.1f, ", copy_gbps());
    std::printf("\"bf16_tflops\": %.1f}\n", bf16_tflops());
}
