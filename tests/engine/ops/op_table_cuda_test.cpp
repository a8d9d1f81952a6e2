#include <gtest/gtest.h>
#include <string>

#include "base/thread_pool.hpp"
#include "ops/cuda_plugin.hpp"
#include "ops/hosted_device.hpp"
#include "ops/op_table.hpp"
#include "ops/sample_layers.hpp"
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
    // What the device does not read is brought there as F32, whatever it was: one such type stands for all.
    if (!plugin().ops()->device->reads(static_cast<int32_t>(GetParam().dtype)) && GetParam().dtype != DType::IQ4_XS)
        return;
    ThreadPool pool(1);
    const std::vector<SelfTestResult> results = run_device_self_test(pool, *plugin().ops(), 0, GetParam().dtype);
    EXPECT_GE(results.size(), plugin().ops()->device->reads(static_cast<int32_t>(GetParam().dtype)) ? 18u : 3u);
    for (const SelfTestResult& result : results)
        EXPECT_LE(result.nmse, result.bound) << result.name;
}

/// The same step again is one launch, until the sequence is so long that attention is cut in more parts.
TEST(OpTableCuda, AStepIsRecordedOnce)
{
    ASSERT_TRUE(plugin().ops()) << plugin().status();
    HostedDevice device(*plugin().ops(), 0, nullptr);
    ConclaveLimits limits = {};
    limits.max_rows = 4;
    limits.hidden = limits.n_head = limits.max_head_dim = 8;
    uint64_t n_bytes = 0;
    ASSERT_EQ(plugin().ops()->prepare(device.backend(), &limits, &n_bytes, nullptr), conclave_ok);
    const auto recorded = [&](uint64_t key, int32_t position) {
        SampleBatch rows;
        rows.add(0, position);
        const ConclaveBatch batch = rows.view();
        int32_t known = -1;
        const ConclaveDeviceTable& table = *plugin().ops()->device;
        EXPECT_EQ(table.begin_step(device.backend(), &batch, key, &known, nullptr), conclave_ok);
        EXPECT_EQ(table.end_step(device.backend(), 1, nullptr), conclave_ok);
        EXPECT_EQ(table.synchronize(device.backend(), nullptr), conclave_ok);
        return known;
    };
    EXPECT_EQ(recorded(7, 0), 0);
    EXPECT_EQ(recorded(7, 100), 1);
    EXPECT_EQ(recorded(7, 200), 0);
    EXPECT_EQ(recorded(7, 250), 1);
    EXPECT_EQ(recorded(9, 250), 0);
    EXPECT_EQ(recorded(7, 101), 1);
    EXPECT_EQ(recorded(0, 101), 0);
    EXPECT_EQ(recorded(0, 101), 0);
}

INSTANTIATE_TEST_SUITE_P(Types, OpTableCuda, testing::ValuesIn(all_dtypes().begin(), all_dtypes().end()),
                         [](const auto& tested) { return std::string(tested.param.name); });

} // namespace conclave
