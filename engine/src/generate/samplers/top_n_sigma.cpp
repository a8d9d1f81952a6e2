#include <algorithm>
#include <cmath>

#include "generate/samplers/truncation.hpp"

namespace conclave
{

void keep_top_n_sigma(Candidates& candidates, double n)
{
    constexpr size_t block_size = Selector::block_size;
    constexpr float least = std::numeric_limits<float>::lowest();
    const std::span<const float> logits = candidates.logits();
    const float top = candidates.max();
    double count = 0, sum = 0, squares = 0; // of what is below the highest, so that nothing cancels
    for (size_t begin = 0; begin < logits.size(); begin += block_size) {
        const std::span<const float> block = logits.subspan(begin, std::min(block_size, logits.size() - begin));
        float below[block_size], finite[block_size]; // written so that the compiler can vectorise it
        for (size_t i = 0; i < block.size(); ++i) {
            const float d = block[i] - top;
            finite[i] = block[i] >= least ? 1.0f : 0.0f;
            below[i] = block[i] >= least ? d : 0.0f;
        }
        float block_sum = 0, block_squares = 0, block_count = 0;
        for (size_t i = 0; i < block.size(); ++i) {
            block_count += finite[i];
            block_sum += below[i];
            block_squares += below[i] * below[i];
        }
        count += static_cast<double>(block_count);
        sum += static_cast<double>(block_sum);
        squares += static_cast<double>(block_squares);
    }
    const double mean = sum / count;
    const double variance = std::max(0.0, squares / count - mean * mean);
    candidates.keep_at_least(static_cast<float>(static_cast<double>(top) - n * std::sqrt(variance)));
}

} // namespace conclave
