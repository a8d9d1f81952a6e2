#include "tensor/kernel_target.hpp"

#include <atomic>
#include <hwy/highway.h>
#include <hwy/targets.h>

namespace conclave
{

namespace
{

// Of all that can run: what this library was compiled for.
int64_t usable_targets()
{
    return hwy::SupportedTargets() & HWY_TARGETS;
}

// The lowest bit is the best target.
int64_t best_of(int64_t targets)
{
    return targets & -targets;
}

// `target` and every older one: a file of kernels that was not built for it takes the next best it has.
void use_from(int64_t target)
{
    // The name says "ForTest"; it is Highway's one way to choose among the targets at run time and to take it back.
    hwy::SetSupportedTargetsForTest(0);
    hwy::SetSupportedTargetsForTest(hwy::SupportedTargets() & ~(target - 1));
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

int64_t all_targets()
{
    // With the choice lifted SupportedTargets() asks the processor again; the dispatch tables keep what they have.
    static const int64_t all = [] {
        hwy::SetSupportedTargetsForTest(0);
        return usable_targets();
    }();
    return all;
}

// The record of a choice that Highway keeps process-wide as well.
std::atomic<int64_t>& chosen()
{
    static std::atomic<int64_t> target = best_of(all_targets());
    return target;
}

} // namespace

std::vector<std::string> supported_kernel_targets()
{
    std::vector<std::string> names;
    for (int64_t rest = all_targets(); rest != 0; rest &= rest - 1)
        names.emplace_back(hwy::TargetName(best_of(rest)));
    return names;
}

bool select_kernel_target(std::string_view name)
{
    for (int64_t rest = all_targets(); rest != 0; rest &= rest - 1) {
        const int64_t target = best_of(rest);
        if (name == "auto" || name == hwy::TargetName(target)) {
            use_from(target);
            chosen() = target;
            return true;
        }
    }
    return false;
}

const char* kernel_target_name()
{
    return hwy::TargetName(chosen());
}

} // namespace conclave
