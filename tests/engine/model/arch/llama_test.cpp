#include "model/arch/llama.hpp"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "model/model_state.hpp"
#include "model/opened.hpp"

namespace conclave
{
namespace
{

// Factor 8, low 1, high 4 over a context of 32, as in make_families.py. Source: transformers modeling_rope_utils.py,
// _compute_llama3_parameters.
TEST(Llama, FrequenciesFollowTheDivisorsOfTheFile)
{
    const Engine engine = test::make_engine();
    const auto model = test::open_model(engine, test::golden("llama3.gguf"));
    const ConclaveRope& rope = std::get<ConclaveGqaWeights>(model->state()->weights.layers[0].token_mixer).rope;
    ASSERT_EQ(rope.n_dims, 8);
    for (int i = 0; i < 4; ++i) {
        const double plain = std::pow(5e5, -2.0 * i / 8);
        const double wavelength = 2 * std::numbers::pi / plain;
        double expected = plain;
        if (wavelength > 32.0 / 1)
            expected = plain / 8;
        else if (wavelength > 32.0 / 4) {
            const double smooth = (32 / wavelength - 1) / (4.0 - 1);
            expected = (1 - smooth) * plain / 8 + smooth * plain;
        }
        EXPECT_NEAR(rope.inverse_frequency[i], expected, 1e-6 * expected) << i;
    }
}

TEST(Llama, MixtralRenormalisesItsChosenExperts)
{
    const Engine engine = test::make_engine();
    const ModelInfo info = test::open_model(engine, test::golden("mixtral.gguf"))->info();
    EXPECT_EQ(info.family, "llama");
    EXPECT_EQ(info.routing_rule, "softmax scores, top-2, normalised");
    EXPECT_EQ(info.routing_rule_source, "inferred: normalisation from Mixtral");
}

} // namespace
} // namespace conclave
