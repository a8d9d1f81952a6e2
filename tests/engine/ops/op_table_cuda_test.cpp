#include <gtest/gtest.h>
#include <string>

#include "base/thread_pool.hpp"
#include "ops/cuda_plugin.hpp"
#include "ops/op_table.hpp"
#include "ops/self_test.hpp"

namespace conclave
{

namespace
{

const CudaPlugin& plugin()
{
    static const CudaPlugin loaded(CONCLAVE_PROGRAM_FOLDER);
    return loaded;
}

class OpTableCuda : public testing::TestWithParam<DTypeInfo>
{
};

} // namespace

TEST_P(OpTableCuda, EveryOpEqualsTheReference)
{
    ASSERT_TRUE(plugin().ops()) << plugin().status();
    ThreadPool pool(1);
    const std::vector<SelfTestResult> results = run_device_self_test(pool, *plugin().ops(), 0, GetParam().dtype);
    EXPECT_GE(results.size(), 18u);
    for (const SelfTestResult& result : results)
        EXPECT_LE(result.nmse, result.bound) << result.name;
}

INSTANTIATE_TEST_SUITE_P(Types, OpTableCuda, testing::ValuesIn(all_dtypes().begin(), all_dtypes().end()),
                         [](const auto& tested) { return std::string(tested.param.name); });

} // namespace conclave
