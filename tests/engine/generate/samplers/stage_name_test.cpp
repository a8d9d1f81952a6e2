#include <gtest/gtest.h>

#include "conclave/sampling.hpp"

namespace conclave
{
namespace
{

TEST(StageName, GoesBothWays)
{
    for (int i = 0; i <= static_cast<int>(SamplerStage::mirostat); ++i)
        EXPECT_EQ(sampler_stage(sampler_stage_name(static_cast<SamplerStage>(i))), static_cast<SamplerStage>(i));
    EXPECT_EQ(sampler_stage("typ_p"), SamplerStage::typical_p);
    EXPECT_EQ(sampler_stage("top-k"), std::nullopt);
}

} // namespace
} // namespace conclave
