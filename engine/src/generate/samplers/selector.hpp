#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace conclave
{

struct Ranked {
    float value;
    int32_t index;
};

/// Finds the largest of many values without sorting them all: the m-th largest maximum of a block is a lower bound of
/// the m-th largest value, so only blocks that reach it are read. No allocation after construction.
class Selector
{
public:
    static constexpr size_t block_size = 32;

    explicit Selector(size_t n_max);

    /// Reads values [at most n_max], none NaN; they must stay where they are until the next call.
    void look(std::span<const float> values);
    /// One value changed.
    void update(size_t index);
    float max() const;
    /// Whether a value of the block [block_size, from block × block_size] is at least `threshold`.
    bool reaches(size_t block, float threshold) const { return m_block_max[block] >= threshold; }
    /// The m largest, largest first, ties to the lower index; -infinity is left out. Valid until the next call.
    std::span<const Ranked> best(size_t m);

private:
    float least_of_best(size_t m);

    std::span<const float> m_values;
    std::vector<float> m_block_max, m_block_copy;
    size_t m_n_blocks = 0;
    std::vector<Ranked> m_found;
};

} // namespace conclave
