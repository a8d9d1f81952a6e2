#pragma once

#include <string>
#include <vector>

#include "base/thread_pool.hpp"

namespace conclave
{

/// One comparison of a tuned kernel with its reference.
struct SelfTestResult {
    std::string name;   ///< e.g. "moe Q4_K"
    std::string target; ///< Highway target, e.g. "AVX2"
    double nmse;        ///< ‖tuned − reference‖² / ‖reference‖²
    double bound;
    bool pass;
};

/// Every op of the table × weight type × Highway target this processor has, on small random layers, against the
/// reference. Takes a few seconds. Selects kernel targets and puts the former one back: nothing else may compute
/// meanwhile.
std::vector<SelfTestResult> run_self_test(ThreadPool& pool);

} // namespace conclave
