#include "ops/recorded_steps.hpp"

#include <algorithm>

namespace conclave::cuda
{

bool RecordedSteps::begin(const StepKey& key, cudaStream_t stream)
{
    m_key = key;
    m_recording = m_replaying = false;
    if (key.caller == 0)
        return false;
    const auto known = std::ranges::find(m_steps, key, &Step::key);
    if (known != m_steps.end()) {
        std::rotate(known, known + 1, m_steps.end());
        m_replaying = true;
        return true;
    }
    CUDA_CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    m_recording = true;
    return false;
}

void RecordedSteps::end(bool complete, cudaStream_t stream)
{
    if (m_recording) {
        m_recording = false;
        cudaGraph_t graph = nullptr;
        CUDA_CHECK(cudaStreamEndCapture(stream, &graph));
        cudaGraphExec_t exec = nullptr;
        const cudaError_t error = complete ? cudaGraphInstantiate(&exec, graph, 0) : cudaSuccess;
        cudaGraphDestroy(graph);
        CUDA_CHECK(error);
        if (!complete)
            return;
        if (m_steps.size() == max_steps) {
            cudaGraphExecDestroy(m_steps.front().exec);
            m_steps.erase(m_steps.begin());
        }
        m_steps.push_back({m_key, exec});
        m_replaying = true;
    }
    if (m_replaying && complete)
        CUDA_CHECK(cudaGraphLaunch(m_steps.back().exec, stream));
    m_replaying = false;
}

void RecordedSteps::clear()
{
    for (const Step& step : m_steps)
        cudaGraphExecDestroy(step.exec);
    m_steps.clear();
}

} // namespace conclave::cuda
