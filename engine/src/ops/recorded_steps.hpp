#pragma once

#include <cstdint>
#include <vector>

#include "device/cuda.hpp"

namespace conclave::cuda
{

/// What makes two steps the same kernels with the same arguments.
struct StepKey {
    uint64_t caller; ///< 0: not to be recorded
    int32_t n_rows, n_splits;
    bool operator==(const StepKey&) const = default;
};

/// Steps recorded as CUDA graphs: what was launched kernel by kernel the first time is one launch from then on. Calls
/// throw DeviceError.
class RecordedSteps
{
public:
    RecordedSteps() = default;
    RecordedSteps(const RecordedSteps&) = delete;
    RecordedSteps& operator=(const RecordedSteps&) = delete;
    ~RecordedSteps() { clear(); }

    /// Begins a step: true when it is known and its kernels are to be left out. Otherwise they are recorded.
    bool begin(const StepKey& key, cudaStream_t stream);
    /// Ends it and launches it; one that is not complete is forgotten.
    void end(bool complete, cudaStream_t stream);
    /// Forgets all: memory that they use goes.
    void clear();

private:
    struct Step {
        StepKey key;
        cudaGraphExec_t exec;
    };
    static constexpr size_t max_steps = 16;

    std::vector<Step> m_steps; ///< the one used last at the end
    StepKey m_key = {};
    bool m_recording = false;
    bool m_replaying = false;
};

} // namespace conclave::cuda
