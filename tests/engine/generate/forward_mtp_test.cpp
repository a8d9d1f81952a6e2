// The block of multi-token prediction against the PyTorch code that the built-in model was trained with
// (tests/golden/model/make_mtp.py).
#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "generate/forward.hpp"
#include "model/model_state.hpp"
#include "model/opened.hpp"

namespace conclave
{
namespace
{

struct Text {
    Text()
    {
        std::ifstream file(test::golden("mtp.json"));
        const auto json = nlohmann::json::parse(file);
        ids = json["ids"].get<std::vector<int32_t>>();
        best = json["best"].get<std::vector<int32_t>>();
        logits = json["logits"].get<std::vector<std::vector<float>>>();
        every = json["every"].get<size_t>();
    }
    std::vector<int32_t> ids, best;
    std::vector<std::vector<float>> logits;
    size_t every = 0;
};

/// Logits of the block at every position but the last, computed `chunk` rows at a time after the layers.
std::vector<float> drafted(const Model& model, const std::vector<int32_t>& ids, int chunk)
{
    const ModelState& state = *model.state();
    const int n = static_cast<int>(ids.size());
    const auto hidden = static_cast<size_t>(state.weights.hidden);
    EXPECT_TRUE(state.engine->reserve(backend_limits(state.weights, n, n, n, true)));
    auto cache = KvCache::create(state.weights, n, {}, true);
    auto recorder = TraceRecorder::create(state.info, n, true), routes = TraceRecorder::create(state.info, n, false);
    const auto n_vocab = static_cast<size_t>(state.info.n_vocab);
    auto logits = OpOutput::allocate({}, static_cast<size_t>(n) * n_vocab * sizeof(float));
    std::vector<float> x(static_cast<size_t>(n) * hidden), out;
    std::vector<int32_t> sequence(ids.size()), position(ids.size()), rows(ids.size());
    std::iota(position.begin(), position.end(), 0);
    std::iota(rows.begin(), rows.end(), 0);
    StepTurn turn(*state.engine);
    const ConclaveBatch whole{sizeof whole, n, sequence.data(), position.data(), ids.data()};
    EXPECT_TRUE(forward(state.engine->ops(), turn.backend(),
                        {.weights = state.weights, .batch = whole, .cache = *cache, .recorder = *recorder, .x = x}));
    for (int first = 0; first < n - 1; first += chunk) {
        const int here = std::min(chunk, n - 1 - first);
        const ConclaveBatch batch{sizeof batch, here, sequence.data(), position.data() + first, ids.data() + first + 1};
        EXPECT_TRUE(forward_mtp(state.engine->ops(), turn.backend(),
                                {.weights = state.weights,
                                 .batch = batch,
                                 .cache = *cache,
                                 .recorder = *routes,
                                 .x = std::span(x).subspan(static_cast<size_t>(first) * hidden),
                                 .logits_of = std::span(rows).first(static_cast<size_t>(here)),
                                 .logits = &*logits}));
        out.insert(out.end(), logits->here<float>(), logits->here<float>() + static_cast<size_t>(here) * n_vocab);
    }
    EXPECT_EQ(cache->length(), n) << "the block adds no position";
    return out;
}

TEST(ForwardMtp, MakesTheLogitsOfThePublishedCode)
{
    const Text text;
    ASSERT_EQ(text.logits.size() + 1, text.ids.size());
    struct Case {
        const char* kernels;
        int chunk;
        double bound;    ///< squared error over squared logits; the tuned kernels round activations in eight layers
        size_t n_differ; ///< positions at which another token may be the best
    };
    for (const Case& c : {Case{"reference", 100, 1e-9, 0}, Case{"reference", 1, 1e-9, 0}, Case{"auto", 100, 2e-2, 1},
                          Case{"auto", 2, 2e-2, 1}, Case{"auto", 1, 2e-2, 1}}) {
        SCOPED_TRACE(std::string(c.kernels) + " " + std::to_string(c.chunk));
        const Engine engine = test::make_engine(c.kernels, 2);
        const auto model = test::open_model(engine, test::built_in_model());
        const std::vector<float> logits = drafted(*model, text.ids, c.chunk);
        const auto n_vocab = static_cast<size_t>(model->info().n_vocab);
        ASSERT_EQ(logits.size(), text.logits.size() * n_vocab);
        size_t n_same = 0;
        double error = 0, size = 0;
        for (size_t i = 0; i < text.logits.size(); ++i) {
            const auto row = std::span(logits).subspan(i * n_vocab, n_vocab);
            for (size_t j = 0; j < text.logits[i].size(); ++j) {
                const double expected = static_cast<double>(text.logits[i][j]);
                error += std::pow(static_cast<double>(row[j * text.every]) - expected, 2);
                size += std::pow(expected, 2);
            }
            n_same += std::ranges::max_element(row) - row.begin() == text.best[i];
        }
        EXPECT_LE(error / size, c.bound);
        EXPECT_GE(n_same + c.n_differ, text.best.size());
    }
}

} // namespace
} // namespace conclave
