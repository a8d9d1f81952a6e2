#include "device/emulated/block.hpp"

#include <gtest/gtest.h>

#include "kernels.hpp"

namespace conclave::emulated::test
{
namespace
{

struct Sums {
    float of_warp[8];
};

/// out[block] = the sum of the block's part of x, as a kernel would: shuffles, then shared memory, then one warp.
__global__ void sum_kernel(const float* x, float* out)
{
    CONCLAVE_SHARED(Sums, sums);
    float sum = x[blockIdx.x * blockDim.x + threadIdx.x];
    for (int step = 16; step > 0; step /= 2)
        sum += __shfl_xor_sync(0xFFFFFFFFu, sum, step);
    if (threadIdx.x % 32 == 0)
        sums.of_warp[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x == 0) {
        float total = 0;
        for (uint32_t w = 0; w < blockDim.x / 32; ++w)
            total += sums.of_warp[w];
        out[blockIdx.x] = total;
    }
}

__global__ void index_kernel(float* out)
{
    const uint32_t thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    const uint32_t block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
    out[block * blockDim.x * blockDim.y * blockDim.z + thread] = static_cast<float>(block * 1000 + thread);
}

__global__ void vote_kernel(float* out)
{
    const uint32_t lane = threadIdx.x;
    if (lane < 16) // half a warp among itself
        out[lane] = static_cast<float>(__ballot_sync(0x0000FFFFu, lane % 2));
    else
        out[lane] = __shfl_sync(0xFFFF0000u, static_cast<float>(lane), 20);
}

__global__ void late_write_kernel(const float* x, float* out, int n)
{
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i <= n) // one too many
        out[i] = x[i];
}

__global__ void host_read_kernel(const float* host, float* out)
{
    out[threadIdx.x] = host[threadIdx.x];
}

__global__ void misaligned_kernel(const float* x, float* out)
{
    out[threadIdx.x] = *reinterpret_cast<const float*>(reinterpret_cast<const char*>(x) + 2);
}

struct Row {
    float value[64];
};

template <bool with_barrier>
__global__ void rotate_kernel(float* out)
{
    CONCLAVE_SHARED(Row, row);
    row.value[threadIdx.x] = static_cast<float>(threadIdx.x);
    if constexpr (with_barrier)
        __syncthreads();
    out[blockIdx.x * 64 + threadIdx.x] = row.value[(threadIdx.x + 1) % 64];
}

/// Lanes of one warp are ordered by __syncwarp; two warps are not.
template <int n_apart>
__global__ void warp_rotate_kernel(float* out)
{
    CONCLAVE_SHARED(Row, row);
    row.value[threadIdx.x] = static_cast<float>(threadIdx.x);
    __syncwarp();
    out[threadIdx.x] = row.value[threadIdx.x ^ n_apart];
}

__global__ void beyond_shared_kernel(float* out)
{
    CONCLAVE_SHARED(Row, row);
    row.value[threadIdx.x] = 1;
    out[threadIdx.x] = 2;
}

__global__ void left_behind_kernel(float* out)
{
    if (threadIdx.x == 33)
        return;
    __syncthreads();
    out[threadIdx.x] = 1;
}

__global__ void two_barriers_kernel(float* out)
{
    if (threadIdx.x < 32)
        __syncthreads();
    else
        __syncthreads();
    out[threadIdx.x] = 1;
}

__global__ void half_shuffle_kernel(float* out)
{
    if (threadIdx.x < 16)
        out[threadIdx.x] = __shfl_xor_sync(0xFFFFFFFFu, 1.0f, 1);
}

/// Every block reads all of x and replaces a part of it.
__global__ void in_place_kernel(float* x, uint32_t n)
{
    float sum = 0;
    for (uint32_t i = 0; i < n; ++i)
        sum += x[i];
    x[blockIdx.x] = sum;
}

__global__ void neighbours_kernel(float* x)
{
    x[threadIdx.x] = 1;
    x[0] = 2;
}

} // namespace

TEST(Block, SumsOverWarpsAndBlocks)
{
    const Device device;
    Floats x(512), out(2);
    std::vector<float> host(512);
    for (size_t i = 0; i < host.size(); ++i)
        host[i] = static_cast<float>(i);
    CUDA_CHECK(cudaMemcpyAsync(x.data(), host.data(), 2048, cudaMemcpyHostToDevice, device.stream()));
    CONCLAVE_LAUNCH(sum_kernel, device.shape(2, 256), x.data(), out.data());
    EXPECT_EQ(out.get(device.stream()), (std::vector<float>{255.0f * 128, 767.0f * 128}));
}

TEST(Block, IndicesCoverTheGrid)
{
    const Device device;
    Floats out(24 * 6);
    CONCLAVE_LAUNCH(index_kernel, LaunchShape(dim3(2, 1, 3), dim3(3, 4, 2), device.stream()), out.data());
    const std::vector<float> got = out.get(device.stream());
    for (size_t i = 0; i < got.size(); ++i)
        EXPECT_EQ(got[i], static_cast<float>(i / 24 * 1000 + i % 24));
}

TEST(Block, PartsOfAWarpAgreeAmongThemselves)
{
    const Device device;
    Floats out(32);
    CONCLAVE_LAUNCH(vote_kernel, device.shape(1, 32), out.data());
    const std::vector<float> got = out.get(device.stream());
    for (size_t i = 0; i < 32; ++i)
        EXPECT_EQ(got[i], i < 16 ? 0xAAAA : 20);
}

/// Each planted fault is found, and said with the kernel and the thread.
void expect_fault(const Device& device, const char* what, const char* who)
{
    const std::string fault = device.fault();
    EXPECT_NE(fault.find(what), std::string::npos) << fault;
    EXPECT_NE(fault.find(who), std::string::npos) << fault;
    EXPECT_EQ(cudaMalloc(nullptr, 4), cudaErrorLaunchFailure) << "the device is lost";
}

TEST(Block, FindsAWriteBeyondABuffer)
{
    const Device device;
    Floats x(41), out(40);
    CONCLAVE_LAUNCH(late_write_kernel, device.shape(2, 32), x.data(), out.data(), 40);
    expect_fault(device, "writes 4 bytes at byte 160 of a buffer of 160: out of bounds",
                 "late_write_kernel, block (1, 0, 0): thread 8");
}

TEST(Block, FindsAReadOfHostMemory)
{
    const Device device;
    const std::vector<float> host(32);
    Floats out(32);
    CONCLAVE_LAUNCH(host_read_kernel, device.shape(1, 32), host.data(), out.data());
    expect_fault(device, "an address that is no device memory: out of bounds", "thread 0");
}

TEST(Block, FindsAMisalignedRead)
{
    const Device device;
    Floats x(4), out(1);
    CONCLAVE_LAUNCH(misaligned_kernel, device.shape(1, 1), x.data(), out.data());
    expect_fault(device, "reads 4 bytes at a misaligned address", "misaligned_kernel");
}

TEST(Block, FindsAMissingBarrier)
{
    Floats out(192);
    {
        const Device device;
        CONCLAVE_LAUNCH(rotate_kernel<true>, device.shape(3, 64), out.data());
        EXPECT_EQ(device.fault(), "");
    }
    const Device device;
    CONCLAVE_LAUNCH(rotate_kernel<false>, device.shape(1, 64), out.data());
    expect_fault(device, "shared memory that thread 0 used, and nothing orders the two (race)", "thread 1 ");
}

TEST(Block, AWarpBarrierOrdersAWarpAlone)
{
    Floats out(64);
    {
        const Device device;
        CONCLAVE_LAUNCH(warp_rotate_kernel<1>, device.shape(1, 64), out.data());
        EXPECT_EQ(device.fault(), "");
    }
    const Device device;
    CONCLAVE_LAUNCH(warp_rotate_kernel<32>, device.shape(1, 64), out.data());
    expect_fault(device, "(race)", "warp_rotate_kernel<32>");
}

TEST(Block, FindsAWriteBeyondSharedMemory)
{
    const Device device;
    Floats out(65);
    CONCLAVE_LAUNCH(beyond_shared_kernel, device.shape(1, 65), out.data());
    expect_fault(device, "writes byte 256 of 256 of shared memory: out of bounds", "thread 64");
}

TEST(Block, FindsADivergentBarrier)
{
    Floats out(64);
    {
        const Device device;
        CONCLAVE_LAUNCH(left_behind_kernel, device.shape(1, 64), out.data());
        expect_fault(device, "thread 33 has left the kernel (divergent barrier)", "block_test.cu:");
    }
    {
        const Device device;
        CONCLAVE_LAUNCH(two_barriers_kernel, device.shape(1, 64), out.data());
        expect_fault(device, "thread 32 waits at block_test.cu:", "(divergent barrier)");
    }
    const Device device;
    CONCLAVE_LAUNCH(half_shuffle_kernel, device.shape(1, 32), out.data());
    expect_fault(device, "thread 16 has left the kernel", "(divergent barrier)");
}

TEST(Block, FindsARaceOnDeviceMemory)
{
    Floats x(64);
    {
        const Device device;
        CONCLAVE_LAUNCH(in_place_kernel, device.shape(2, 1), x.data(), 8u);
        expect_fault(device, "that block 0 of the launch used", "block (1, 0, 0)");
    }
    {
        const Device device; // launches of one stream are in order
        CONCLAVE_LAUNCH(in_place_kernel, device.shape(1, 1), x.data(), 8u);
        CONCLAVE_LAUNCH(in_place_kernel, device.shape(1, 1), x.data(), 8u);
        EXPECT_EQ(device.fault(), "");
    }
    const Device device;
    CONCLAVE_LAUNCH(neighbours_kernel, device.shape(1, 2), x.data());
    expect_fault(device, "that thread 0 used", "thread 1");
}

} // namespace conclave::emulated::test
