#include "model/arch/olmoe.hpp"

#include <gtest/gtest.h>

#include "model/opened.hpp"

namespace conclave
{
namespace
{

TEST(Olmoe, WeightsStayAsTheSoftmaxGivesThem)
{
    const Engine engine = test::make_engine();
    const ModelInfo info = test::open_model(engine, test::golden("olmoe.gguf"))->info();
    EXPECT_EQ(info.family, "olmoe");
    EXPECT_EQ(info.routing_rule, "softmax scores, top-4");
    EXPECT_EQ(info.n_shared_experts, 0);
}

} // namespace
} // namespace conclave
