#include "device/emulated/stream.hpp"

#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace conclave::emulated
{

class Graph
{
public:
    std::vector<Work> works;
};

class Stream
{
public:
    void add(Work work)
    {
        if (recording)
            recording->works.push_back(std::move(work));
        else
            queue.push_back(std::move(work));
    }

    std::deque<Work> queue;
    std::unique_ptr<Graph> recording;
};

class Event
{
public:
    Stream* recorded_in = nullptr;
    uint64_t n_recorded = 0, n_done = 0;
};

namespace
{

// Kernels run one at a time, whichever host thread synchronises.
std::recursive_mutex mutex;
std::string fault; // guarded by mutex; once set, the device is lost
cudaError_t last_error = cudaSuccess;

BlockRunner& runner()
{
    static BlockRunner only;
    return only;
}

cudaError_t remember(cudaError_t error)
{
    if (error != cudaSuccess)
        last_error = error;
    return error;
}

/// An API call: under the mutex, and refused once the device is lost.
template <class Call>
cudaError_t call(Call&& body)
{
    const std::lock_guard guard(mutex);
    return remember(fault.empty() ? body() : cudaErrorLaunchFailure);
}

cudaError_t run_until(Stream& stream, const Event* event)
{
    while (fault.empty() && !stream.queue.empty() && !(event && event->n_done == event->n_recorded)) {
        const Work work = std::move(stream.queue.front());
        stream.queue.pop_front();
        fault = work();
    }
    return fault.empty() ? cudaSuccess : cudaErrorLaunchFailure;
}

} // namespace

cudaError_t enqueue(cudaStream_t stream, const Launch& launch, void (*destroy)(const void*))
{
    std::shared_ptr<const void> arguments(launch.arguments, destroy);
    return call([&] {
        stream->add([launch, arguments] { return runner().run(launch); });
        return cudaSuccess;
    });
}

} // namespace conclave::emulated

using namespace conclave::emulated;

const char* cudaGetErrorString(cudaError_t error)
{
    switch (error) {
    case cudaSuccess:
        return "no error";
    case cudaErrorMemoryAllocation:
        return "out of memory";
    case cudaErrorStreamCaptureUnsupported:
        return "operation not permitted when stream is capturing";
    case cudaErrorInvalidDevice:
        return "invalid device ordinal";
    case cudaErrorLaunchFailure:
        return fault.c_str();
    default:
        return "invalid argument";
    }
}

cudaError_t cudaGetLastError()
{
    const std::lock_guard guard(mutex);
    return fault.empty() ? std::exchange(last_error, cudaSuccess) : cudaErrorLaunchFailure;
}

cudaError_t cudaDeviceReset()
{
    const std::lock_guard guard(mutex);
    fault.clear();
    last_error = cudaSuccess;
    return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count)
{
    *count = 1;
    return cudaSuccess;
}

cudaError_t cudaSetDevice(int device)
{
    return call([&] { return device == 0 ? cudaSuccess : cudaErrorInvalidDevice; });
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device)
{
    // Few multiprocessors: grids that are sized by them stay small.
    *properties = {"emulated on the processor", total_memory, 8, 0, 4};
    return cudaSetDevice(device);
}

cudaError_t cudaMalloc(void** pointer, size_t n_bytes)
{
    return call([&] { return (*pointer = allocate(n_bytes)) ? cudaSuccess : cudaErrorMemoryAllocation; });
}

cudaError_t cudaFree(void* pointer)
{
    const std::lock_guard guard(mutex);
    return !pointer || release(pointer) ? cudaSuccess : remember(cudaErrorInvalidValue);
}

cudaError_t cudaMallocHost(void** pointer, size_t n_bytes)
{
    return call([&] { return (*pointer = std::malloc(n_bytes)) ? cudaSuccess : cudaErrorMemoryAllocation; });
}

cudaError_t cudaFreeHost(void* pointer)
{
    std::free(pointer);
    return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* total_bytes)
{
    return call([&] {
        *total_bytes = total_memory;
        *free_bytes = total_memory - allocated_bytes();
        return cudaSuccess;
    });
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t n_bytes, cudaMemcpyKind kind, cudaStream_t stream)
{
    return call([&] {
        const auto on_device = [&](const void* p) {
            const Allocation* allocation = find_allocation(p);
            return allocation && allocation->contains(p, n_bytes);
        };
        if (n_bytes > 0 &&
            (on_device(to) != (kind != cudaMemcpyDeviceToHost) || on_device(from) != (kind != cudaMemcpyHostToDevice)))
            return cudaErrorInvalidValue;
        stream->add([=] {
            std::memcpy(to, from, n_bytes);
            return std::string();
        });
        return cudaSuccess;
    });
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned)
{
    *stream = new Stream;
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    delete stream;
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
    return call([&] { return stream->recording ? cudaErrorStreamCaptureUnsupported : run_until(*stream, nullptr); });
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned)
{
    return call([&] {
        stream->add([event] {
            run_until(*event->recorded_in, event);
            return fault;
        });
        return cudaSuccess;
    });
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned)
{
    *event = new Event;
    return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    delete event;
    return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    return call([&] {
        event->recorded_in = stream;
        stream->add([event, number = ++event->n_recorded] {
            event->n_done = number;
            return std::string();
        });
        return cudaSuccess;
    });
}

cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    return call([&] { return event->recorded_in ? run_until(*event->recorded_in, event) : cudaSuccess; });
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode)
{
    return call([&] {
        if (stream->recording)
            return cudaErrorStreamCaptureUnsupported;
        stream->recording = std::make_unique<Graph>();
        return cudaSuccess;
    });
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph)
{
    return call([&] {
        *graph = stream->recording.release();
        return *graph ? cudaSuccess : cudaErrorInvalidValue;
    });
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long)
{
    *exec = new Graph(*graph);
    return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream)
{
    return call([&] {
        for (const Work& work : exec->works)
            stream->add(work);
        return cudaSuccess;
    });
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
    delete graph;
    return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec)
{
    delete exec;
    return cudaSuccess;
}
