#pragma once

#include <string>
#include <vector>

#include "base/thread_pool.hpp"
#include "ops/op_table.hpp"
#include "tensor/dtype.hpp"

namespace conclave
{

/// One comparison of a tuned kernel with its reference.
struct SelfTestResult {
    std::string name;   ///< e.g. "moe Q4_K"
    std::string target; ///< Highway target, e.g. "AVX2", or device
    double nmse;        ///< ‖tuned − reference‖² / ‖reference‖²
    double bound;
    bool pass;
};

/// Every op of the table × weight type × Highway target this processor has, on small random layers, against the
/// reference. Takes a few seconds. Selects kernel targets and puts the former one back: nothing else may compute
/// meanwhile.
std::vector<SelfTestResult> run_self_test(ThreadPool& pool);
/// The same ops with one weight type on one device of a plug-in. Empty when the device cannot be opened.
std::vector<SelfTestResult> run_device_self_test(ThreadPool& pool, const ConclaveOpTable& ops, int32_t device,
                                                 DType dtype);

} // namespace conclave
