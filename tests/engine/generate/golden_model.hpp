#pragma once

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "conclave/session.hpp"
#include "generate/recording_sink.hpp"
#include "model/opened.hpp"

namespace conclave::test
{

/// What the published code says of one golden model (tests/golden/model/make.py and make_families.py).
struct Golden {
    explicit Golden(const std::string& name)
    {
        std::ifstream file(golden(name + ".json"));
        json = nlohmann::json::parse(file);
        ids = json["ids"].get<std::vector<int32_t>>();
        positions = json["positions"].get<std::vector<int>>();
        n_vocab = json["n_vocab"].get<size_t>();
        logits.resize(positions.size() * n_vocab);
        std::ifstream data(golden(name + ".logits"), std::ios::binary);
        data.read(reinterpret_cast<char*>(logits.data()), static_cast<std::streamsize>(logits.size() * sizeof(float)));
        EXPECT_TRUE(data.good()) << name;
    }
    nlohmann::json json;
    std::vector<int32_t> ids;
    std::vector<int> positions;
    size_t n_vocab = 0;
    std::vector<float> logits;
};

inline RecordingScore score(const Engine& engine, const std::filesystem::path& path, const std::vector<int32_t>& ids,
                            SessionOptions options = {})
{
    RecordingScore sink;
    options.n_ctx = static_cast<int>(ids.size());
    auto session = Session::create(open_model(engine, path), options);
    if (!session) {
        ADD_FAILURE() << session.error().message;
        return sink;
    }
    const auto scored = session->score(ids, sink);
    EXPECT_TRUE(scored) << (scored ? "" : scored.error().message);
    return sink;
}

inline float largest_difference(const std::vector<float>& a, const std::vector<float>& b)
{
    EXPECT_EQ(a.size(), b.size());
    float largest = 0;
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        largest = std::max(largest, std::isfinite(a[i]) ? std::fabs(a[i] - b[i]) : 1e30f);
    return largest;
}

struct Tolerance {
    float logits, weights;
};

inline void compare_with_golden(const std::string& name, const std::filesystem::path& path, const Engine& engine,
                                const SessionOptions& options, Tolerance tolerance)
{
    SCOPED_TRACE(name + " " + engine.kernels() + " chunk " + std::to_string(options.prefill_chunk));
    const Golden expected(name);
    const RecordingScore ours = score(engine, path, expected.ids, options);
    ASSERT_EQ(ours.logits.size(), expected.ids.size() * expected.n_vocab);
    const size_t n_layers = expected.json["moe_layers"].size();
    for (size_t i = 0; i < expected.positions.size(); ++i) {
        const auto position = static_cast<size_t>(expected.positions[i]);
        for (size_t v = 0; v < expected.n_vocab; ++v)
            ASSERT_NEAR(ours.logits[position * expected.n_vocab + v], expected.logits[i * expected.n_vocab + v],
                        tolerance.logits)
                << "position " << position << " token " << v;
        for (size_t m = 0; m < n_layers; ++m) {
            const auto& route = expected.json["routes"][i][m];
            const size_t at = position * n_layers + m, k = route["ids"].size();
            for (size_t j = 0; j < k; ++j) {
                ASSERT_EQ(ours.ids[at * k + j], route["ids"][j]) << "position " << position << " layer " << m;
                ASSERT_NEAR(ours.weights[at * k + j], route["weights"][j].get<float>(), tolerance.weights);
            }
            ASSERT_EQ(ours.groups[at], route["groups"].get<uint32_t>());
            ASSERT_NEAR(ours.margins[at], route["margin"].get<float>(), tolerance.weights);
        }
    }
}

constexpr Tolerance exact{1e-4f, 1e-5f};

} // namespace conclave::test
