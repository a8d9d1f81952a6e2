#include "generate/samplers/mirostat.hpp"

#include <gtest/gtest.h>

#include "generate/random.hpp"
#include "generate/samplers/distribution.hpp"

namespace conclave
{
namespace
{

TEST(Mirostat, HoldsTheSurpriseAtItsTarget)
{
    const std::vector<float> logits = test::random_logits(2000, 1, 2); // by itself: about 8 bits a token
    for (const int version : {1, 2})
        for (const float tau : {2.0f, 4.0f, 6.0f}) {
            SamplerOptions options;
            options.mirostat = version;
            options.mirostat_tau = tau;
            Mirostat mirostat;
            mirostat.begin(options);
            Random random(3);
            double surprise = 0;
            constexpr int n = 2000, warm_up = 200;
            for (int i = 0; i < warm_up + n; ++i) {
                Candidates candidates = test::candidates(logits);
                mirostat.truncate(candidates);
                const size_t drawn = candidates.draw(random.uniform());
                mirostat.observe(candidates.probability(drawn));
                if (i >= warm_up)
                    surprise -= std::log2(candidates.probability(drawn)) / n;
            }
            EXPECT_NEAR(surprise, static_cast<double>(tau), 0.2) << "version " << version;
        }
}

TEST(Mirostat, SurvivesEqualProbabilities)
{
    for (const int version : {1, 2}) {
        SamplerOptions options;
        options.mirostat = version;
        Mirostat mirostat;
        mirostat.begin(options);
        for (const size_t n : {size_t{1}, size_t{2}, size_t{300}}) {
            Candidates candidates = test::candidates(std::vector<float>(n, 1.0f));
            mirostat.truncate(candidates);
            EXPECT_GT(candidates.size(), 0u);
            mirostat.observe(candidates.probability(0));
        }
    }
}

} // namespace
} // namespace conclave
