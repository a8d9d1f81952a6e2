#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "conclave/session.hpp"
#include "generate/forward.hpp"
#include "generate/recording_sink.hpp"
#include "model/opened.hpp"
#include "model/tiny_model.hpp"

namespace conclave
{
namespace
{

using test::RecordingScore;

RecordingScore score(const std::shared_ptr<const Model>& model, const std::vector<int32_t>& ids, int chunk)
{
    RecordingScore sink;
    auto session = Session::create(model, {.n_ctx = static_cast<int>(ids.size()), .prefill_chunk = chunk});
    EXPECT_TRUE(session);
    EXPECT_TRUE(session->score(ids, sink));
    EXPECT_EQ(sink.positions.size(), ids.size());
    return sink;
}

/// ‖a − b‖² / ‖b‖² of each row, ascending.
std::vector<double> row_errors(const std::vector<float>& a, const std::vector<float>& b, size_t n_rows)
{
    EXPECT_EQ(a.size(), b.size());
    const size_t width = b.size() / n_rows;
    std::vector<double> errors;
    for (size_t row = 0; row < n_rows; ++row) {
        double error = 0, size = 0;
        for (size_t i = row * width; i < (row + 1) * width; ++i) {
            error += std::pow(static_cast<double>(a[i]) - b[i], 2);
            size += std::pow(static_cast<double>(b[i]), 2);
        }
        errors.push_back(std::isfinite(error) ? error / size : HUGE_VAL);
    }
    std::sort(errors.begin(), errors.end());
    return errors;
}

/// A prompt computed in chunks (naive attention, many rows a product) and the same tokens one by one (absorbed
/// attention, one row). Activations are quantised alike in both, but sums of another order may round one of them, or a
/// near tie of a router, the other way: hence the median over rows.
void expect_agreement(const std::shared_ptr<const Model>& model, const std::vector<int32_t>& ids)
{
    const RecordingScore chunks = score(model, ids, 64), single = score(model, ids, 1);
    const std::vector<double> errors = row_errors(chunks.logits, single.logits, ids.size());
    size_t changed = 0;
    for (size_t i = 0; i < chunks.ids.size(); ++i)
        changed += chunks.ids[i] != single.ids[i];
    const double median = errors[errors.size() / 2];
    testing::Test::RecordProperty("median_row_nmse", std::to_string(median));
    std::printf("%s: median row NMSE %.2e, largest %.2e, %zu of %zu choices differ\n", model->info().name.c_str(),
                median, errors.back(), changed, chunks.ids.size());
    EXPECT_LE(median, 1e-3);
    EXPECT_LE(changed * 20, chunks.ids.size()) << "more than a near tie here and there";
}

TEST(ForwardQuantised, PrefillEqualsSingleSteps)
{
    for (const DType dtype : {DType::Q8_0, DType::Q4_K})
        for (const char* kernels : {"reference", "auto"}) {
            SCOPED_TRACE(std::string(kernels) + " type " + std::to_string(static_cast<int>(dtype)));
            test::TinyModel tiny({.layers = 3,
                                  .hidden = 256,
                                  .q_lora = 256,
                                  .kv_lora = 256,
                                  .nope = 32,
                                  .rope = 16,
                                  .v = 128,
                                  .ffn = 256,
                                  .expert_ffn = 256,
                                  .experts = 16,
                                  .used = 4,
                                  .groups = 4,
                                  .groups_used = 2});
            EXPECT_GT(tiny.store_as(dtype), 20) << "matrices of that type";
            const Engine engine = test::make_engine(kernels, 2);
            std::vector<int32_t> ids(kernels == std::string("auto") ? 192 : 80);
            for (size_t i = 0; i < ids.size(); ++i)
                ids[i] = static_cast<int32_t>((i * i * 7 + i * 3 + 5) % 48);
            expect_agreement(test::open_model(engine, tiny.write("quantised.gguf")), ids);
        }
}

TEST(ForwardQuantised, PrefillEqualsSingleStepsOfTheBuiltInModel)
{
    const Engine engine = test::make_engine("auto", 2);
    const auto model = test::open_model(engine, test::built_in_model());
    std::string text;
    for (int i = 1; text.size() < 1200; ++i)
        text += "What is " + std::to_string(i) + " plus " + std::to_string(i * 7) +
                "? A router chooses which experts compute a token; the map shows how often each was chosen.\n";
    const auto ids = model->tokenize(text);
    ASSERT_TRUE(ids);
    ASSERT_GE(ids->size(), 256u);
    expect_agreement(model, {ids->begin(), ids->begin() + 256});
}

} // namespace
} // namespace conclave
