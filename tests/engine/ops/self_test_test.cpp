#include "ops/self_test.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "tensor/dtype.hpp"
#include "tensor/kernel_target.hpp"

namespace conclave
{

TEST(self_test, every_kernel_agrees_with_its_reference_on_every_target)
{
    const std::string target = kernel_target_name();
    ThreadPool pool(2);
    const std::vector<SelfTestResult> results = run_self_test(pool);
    std::set<std::string> names, targets;
    double worst = 0;
    for (const SelfTestResult& r : results) {
        EXPECT_TRUE(r.pass) << r.name << " on " << r.target << ": " << r.nmse << " above " << r.bound;
        names.insert(r.name);
        targets.insert(r.target);
        worst = std::max(worst, r.nmse / r.bound);
    }
    RecordProperty("worst_share_of_bound", std::to_string(worst));
    EXPECT_EQ(targets.size(), supported_kernel_targets().size());
    EXPECT_GE(targets.size(), 1u);
    for (const char* op : {"embed", "attention_mla naive", "attention_mla absorbed", "mlp 1 row", "moe 1 row",
                           "moe 40 rows", "experts", "head", "decode"})
        for (const DTypeInfo& type : all_dtypes())
            EXPECT_TRUE(names.contains(std::string(op) + " " + std::string(type.name))) << op << " " << type.name;
    for (const char* cache : {"F16", "BF16", "Q8_0"})
        EXPECT_TRUE(names.contains(std::string("attention_gqa cache ") + cache)) << cache;
    EXPECT_TRUE(names.contains("attention_mla absorbed cache F16"));
    EXPECT_TRUE(names.contains("route F32") && names.contains("router_scores F32"));
    EXPECT_EQ(kernel_target_name(), target);
}

} // namespace conclave
