#include "generate/samplers/dry.hpp"

#include <gtest/gtest.h>

#include "generate/samplers/distribution.hpp"
#include "text/byte_alphabet.hpp"
#include "text/tokenizer.hpp"

namespace conclave
{
namespace
{

constexpr size_t n_vocab = 256;

/// The penalty by comparing every earlier place with the end of the text.
std::vector<double> plain_penalties(const std::vector<int32_t>& recent, const SamplerOptions& options,
                                    const std::vector<int32_t>& breakers)
{
    const auto breaks = [&](int32_t id) { return std::ranges::count(breakers, id) > 0; };
    std::vector<double> penalties(n_vocab);
    std::vector<int> longest(n_vocab);
    const size_t n = recent.size();
    for (size_t end = 1; end < n; ++end) { // an earlier run ends before `end`
        size_t length = 0;
        while (length < end && recent[end - 1 - length] == recent[n - 1 - length] && !breaks(recent[n - 1 - length]))
            ++length;
        int& found = longest[static_cast<size_t>(recent[end])];
        found = std::max(found, static_cast<int>(length));
    }
    for (size_t id = 0; id < n_vocab; ++id)
        if (longest[id] >= options.dry_allowed_length && !breaks(static_cast<int32_t>(id)))
            penalties[id] =
                options.dry_multiplier * std::pow(options.dry_base, longest[id] - options.dry_allowed_length);
    return penalties;
}

std::shared_ptr<const Tokenizer> byte_tokenizer()
{
    VocabularyData vocabulary;
    vocabulary.pre_tokenizer = "gpt-2";
    for (int byte = 0; byte < 256; ++byte)
        vocabulary.tokens.push_back(spelling_of_byte(static_cast<uint8_t>(byte)));
    return *Tokenizer::create(vocabulary);
}

TEST(Dry, IsWhatComparingEveryPlaceGives)
{
    const auto tokenizer = byte_tokenizer();
    std::mt19937 random(5);
    SamplerOptions options;
    options.dry_multiplier = 0.7f;
    Dry dry(n_vocab, 300);
    const std::vector<float> logits = test::random_logits(n_vocab, 1);
    for (int run = 0; run < 300; ++run) {
        options.dry_allowed_length = 1 + run % 4;
        options.dry_breakers = run % 2 == 0 ? std::vector<std::string>{} : std::vector<std::string>{"d"};
        dry.set_breakers(options.dry_breakers, tokenizer.get());
        std::vector<int32_t> recent(random() % 300);
        for (int32_t& id : recent)
            id = 'a' + static_cast<int32_t>(random() % (run % 3 == 0 ? 2 : 5));
        Candidates candidates = test::candidates(logits);
        dry.apply(candidates, recent, options);
        const auto breakers = run % 2 == 0 ? std::vector<int32_t>{} : std::vector<int32_t>{'d'};
        const std::vector<double> penalties = plain_penalties(recent, options, breakers);
        for (size_t id = 0; id < n_vocab; ++id) {
            const double most = 1e30; // a float's reach is tested below
            const double expected = logits[id] - std::min(penalties[id], most);
            ASSERT_NEAR(static_cast<double>(candidates.logit(id)), expected, 1e-5 * std::max(1.0, std::abs(expected)))
                << "run " << run << " token " << id;
        }
    }
}

TEST(Dry, LongRepeatsStayNumbers)
{
    SamplerOptions options;
    options.dry_multiplier = 5;
    options.dry_base = 50;
    Dry dry(n_vocab, 1000);
    dry.set_breakers({}, nullptr);
    Candidates candidates = test::candidates(test::random_logits(n_vocab, 2));
    dry.apply(candidates, std::vector<int32_t>(1000, 7), options);
    EXPECT_LT(candidates.logit(7), -1e30f);
    EXPECT_FALSE(std::isnan(candidates.logit(7)));
    EXPECT_EQ(candidates.probability(7), 0);
}

} // namespace
} // namespace conclave
