#include "device/emulated/stream.hpp"

#include <gtest/gtest.h>

#include "kernels.hpp"

namespace conclave::emulated::test
{
namespace
{

__global__ void add_kernel(float* x, float value)
{
    x[threadIdx.x] += value;
}

} // namespace

TEST(Stream, WorkWaitsForWhoeverSynchronises)
{
    const Device device;
    Floats x(2);
    float host[2] = {1, 2}, back[2] = {0, 0};
    CUDA_CHECK(cudaMemcpyAsync(x.data(), host, 8, cudaMemcpyHostToDevice, device.stream()));
    host[0] = 10; // a copy that has not run reads what is there when it does
    CONCLAVE_LAUNCH(add_kernel, device.shape(1, 2), x.data(), 5);
    CUDA_CHECK(cudaMemcpyAsync(back, x.data(), 8, cudaMemcpyDeviceToHost, device.stream()));
    EXPECT_EQ(back[0], 0);
    EXPECT_EQ(device.fault(), "");
    EXPECT_EQ(back[0], 15);
    EXPECT_EQ(back[1], 7);
}

TEST(Stream, AnEventOrdersTwoStreams)
{
    const Device first, second;
    Floats x(1);
    float host = 1, back = 0;
    cudaEvent_t event = nullptr;
    CUDA_CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
    CUDA_CHECK(cudaMemcpyAsync(x.data(), &host, 4, cudaMemcpyHostToDevice, first.stream()));
    CUDA_CHECK(cudaEventRecord(event, first.stream()));
    CUDA_CHECK(cudaStreamWaitEvent(second.stream(), event, 0));
    CUDA_CHECK(cudaMemcpyAsync(&back, x.data(), 4, cudaMemcpyDeviceToHost, second.stream()));
    EXPECT_EQ(second.fault(), "");
    EXPECT_EQ(back, 1);
    CUDA_CHECK(cudaEventSynchronize(event));
    cudaEventDestroy(event);
}

TEST(Stream, AGraphIsDoneAgainWithTheSameArguments)
{
    const Device device;
    Floats x(2);
    float host[2] = {1, 2}, back[2] = {0, 0};
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t exec = nullptr;
    CUDA_CHECK(cudaStreamBeginCapture(device.stream(), cudaStreamCaptureModeThreadLocal));
    CUDA_CHECK(cudaMemcpyAsync(x.data(), host, 8, cudaMemcpyHostToDevice, device.stream()));
    CONCLAVE_LAUNCH(add_kernel, device.shape(1, 2), x.data(), 5);
    CUDA_CHECK(cudaMemcpyAsync(back, x.data(), 8, cudaMemcpyDeviceToHost, device.stream()));
    EXPECT_EQ(cudaStreamSynchronize(device.stream()), cudaErrorStreamCaptureUnsupported);
    CUDA_CHECK(cudaStreamEndCapture(device.stream(), &graph));
    CUDA_CHECK(cudaGraphInstantiate(&exec, graph, 0));
    CUDA_CHECK(cudaGraphDestroy(graph));
    EXPECT_EQ(device.fault(), "");
    EXPECT_EQ(back[0], 0) << "recorded, not done";
    for (const float value : {10.0f, 20.0f}) {
        host[1] = value;
        CUDA_CHECK(cudaGraphLaunch(exec, device.stream()));
        EXPECT_EQ(device.fault(), "");
        EXPECT_EQ(back[0], 6);
        EXPECT_EQ(back[1], value + 5);
    }
    CUDA_CHECK(cudaGraphExecDestroy(exec));
}

TEST(Stream, ACopyKnowsWhichSideIsTheDevice)
{
    const Device device;
    Floats x(2);
    float host[3] = {};
    EXPECT_EQ(cudaMemcpyAsync(host, x.data(), 8, cudaMemcpyHostToDevice, device.stream()), cudaErrorInvalidValue);
    EXPECT_EQ(cudaMemcpyAsync(x.data(), host, 12, cudaMemcpyHostToDevice, device.stream()), cudaErrorInvalidValue);
    EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidValue);
    EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

} // namespace conclave::emulated::test
