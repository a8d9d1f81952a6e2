#include <algorithm>
#include <thread>
#include <vector>

#include "conclave/engine.hpp"
#include "device/physical_cores.hpp"

#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

namespace conclave
{

int count_physical_cores_in(const std::filesystem::path&)
{
    return 0;
}

int n_physical_cores()
{
    DWORD n_bytes = 0;
    GetLogicalProcessorInformation(nullptr, &n_bytes);
    std::vector<SYSTEM_LOGICAL_PROCESSOR_INFORMATION> list(n_bytes / sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION));
    int n = 0;
    if (!list.empty() && GetLogicalProcessorInformation(list.data(), &n_bytes))
        n = static_cast<int>(
            std::ranges::count(list, RelationProcessorCore, &SYSTEM_LOGICAL_PROCESSOR_INFORMATION::Relationship));
    return n > 0 ? n : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

} // namespace conclave
