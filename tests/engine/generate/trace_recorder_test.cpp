#include "generate/trace_recorder.hpp"

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

ModelInfo info()
{
    ModelInfo out;
    out.n_experts = 4;
    out.n_experts_used = 2;
    out.moe_layers = {1, 2, 3};
    return out;
}

/// Writes ids (row, layer) -> {first, second} through the strides, as a router does.
void route(TraceRecorder& recorder, int n_rows, uint16_t first, uint16_t second)
{
    recorder.begin(n_rows);
    for (int layer = 0; layer < 3; ++layer) {
        const ConclaveRoutes routes = recorder.next_layer();
        for (int row = 0; row < n_rows; ++row) {
            routes.ids[row * routes.row_stride_k] = first;
            routes.ids[row * routes.row_stride_k + 1] = second;
            routes.weights[row * routes.row_stride_k] = static_cast<float>(10 * row + layer);
            routes.margins[row * routes.row_stride_one] = static_cast<float>(100 * row + layer);
            routes.groups[row * routes.row_stride_one] = static_cast<uint32_t>(row * 3 + layer);
            routes.group_margins[row * routes.row_stride_one] = static_cast<float>(1000 * row + layer);
        }
    }
    recorder.finish();
}

TEST(TraceRecorder, RowsAreInOrderOfLayers)
{
    TraceRecorder recorder = *TraceRecorder::create(info(), 4, true);
    route(recorder, 2, 3, 0);
    StepTrace step;
    recorder.describe(step);
    EXPECT_EQ(step.n_moe_layers, 3);
    EXPECT_EQ(step.k, 2);
    ASSERT_EQ(step.ids.size(), 12u);
    ASSERT_EQ(step.margins.size(), 6u);
    for (size_t row = 0; row < 2; ++row)
        for (size_t layer = 0; layer < 3; ++layer) {
            EXPECT_EQ(step.ids[(row * 3 + layer) * 2], 3);
            EXPECT_EQ(step.weights[(row * 3 + layer) * 2], static_cast<float>(10 * row + layer));
            EXPECT_EQ(step.margins[row * 3 + layer], static_cast<float>(100 * row + layer));
            EXPECT_EQ(step.groups[row * 3 + layer], row * 3 + layer);
            EXPECT_EQ(step.group_margins[row * 3 + layer], static_cast<float>(1000 * row + layer));
        }
    EXPECT_EQ(recorder.sum_counts(), 12u);
    route(recorder, 4, 1, 2);
    EXPECT_EQ(recorder.sum_counts(), 12u + 24u);
    recorder.clear_counts();
    EXPECT_EQ(recorder.sum_counts(), 0u);
}

TEST(TraceRecorder, ARowThatIsLeftOutIsInNeitherTheStepNorTheSum)
{
    TraceRecorder recorder = *TraceRecorder::create(info(), 4, true);
    route(recorder, 2, 3, 0);
    StepTrace step;
    recorder.describe(step, 1, 1);
    ASSERT_EQ(step.ids.size(), 6u);
    ASSERT_EQ(step.group_margins.size(), 3u);
    for (size_t layer = 0; layer < 3; ++layer) {
        EXPECT_EQ(step.weights[layer * 2], static_cast<float>(10 + layer));
        EXPECT_EQ(step.margins[layer], static_cast<float>(100 + layer));
        EXPECT_EQ(step.groups[layer], 3 + layer);
        EXPECT_EQ(step.group_margins[layer], static_cast<float>(1000 + layer));
    }
    recorder.leave_out(1);
    EXPECT_EQ(recorder.sum_counts(), 6u);
    TraceRecorder silent = *TraceRecorder::create(info(), 4, false);
    route(silent, 2, 3, 3);
    silent.leave_out(1);
    EXPECT_EQ(silent.sum_counts(), 0u);
}

TEST(TraceRecorder, OffStillGivesRoutersRoom)
{
    TraceRecorder recorder = *TraceRecorder::create(info(), 4, false);
    route(recorder, 4, 3, 3);
    StepTrace step;
    recorder.describe(step);
    EXPECT_TRUE(step.ids.empty());
    EXPECT_EQ(recorder.sum_counts(), 0u);
}

TEST(TraceRecorderDeathTest, BrokenRoutersEndTheProgram)
{
    TraceRecorder recorder = *TraceRecorder::create(info(), 4, true);
    EXPECT_DEATH(route(recorder, 1, 3, 3), "once per token");
    EXPECT_DEATH(route(recorder, 1, 3, 4), "experts there are");
    EXPECT_DEATH(
        {
            recorder.begin(1);
            recorder.next_layer();
            recorder.finish();
        },
        "every MoE layer");
}

} // namespace
} // namespace conclave
