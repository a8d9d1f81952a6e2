#include "device/emulated/memory.hpp"

#include <cmath>
#include <gtest/gtest.h>

#include "kernels.hpp"

namespace conclave::emulated::test
{
namespace
{

__global__ void fill_kernel(float* x)
{
    x[threadIdx.x] = 1;
}

} // namespace

TEST(Memory, IsNaNUntilSomebodyWrites)
{
    const Device device;
    for (const float value : Floats(3).get(device.stream()))
        EXPECT_TRUE(std::isnan(value));
}

TEST(Memory, RunsOut)
{
    const Device device;
    size_t before = 0, after = 0, total = 0;
    CUDA_CHECK(cudaMemGetInfo(&before, &total));
    void *first = nullptr, *second = nullptr;
    CUDA_CHECK(cudaMalloc(&first, 1000));
    CUDA_CHECK(cudaMemGetInfo(&after, &total));
    EXPECT_EQ(before - after, 1000);
    EXPECT_EQ(cudaMalloc(&second, total), cudaErrorMemoryAllocation);
    EXPECT_EQ(cudaFree(first), cudaSuccess);
    EXPECT_EQ(cudaFree(first), cudaErrorInvalidValue) << "freed twice";
}

TEST(Memory, ABufferOfAnArenaHasBoundsOfItsOwn)
{
    Floats arena(128);
    carve(arena.data(), 64);
    carve(arena.data() + 64, 128);
    {
        const Device device;
        CONCLAVE_LAUNCH(fill_kernel, device.shape(1, 16), arena.data());
        CONCLAVE_LAUNCH(fill_kernel, device.shape(1, 32), arena.data() + 64);
        EXPECT_EQ(device.fault(), "");
    }
    const Device device;
    CONCLAVE_LAUNCH(fill_kernel, device.shape(1, 17), arena.data());
    EXPECT_NE(device.fault().find("byte 64 of a buffer of 64: out of bounds"), std::string::npos) << device.fault();
}

} // namespace conclave::emulated::test
