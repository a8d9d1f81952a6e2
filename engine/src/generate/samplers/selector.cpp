#include "generate/samplers/selector.hpp"

#include <algorithm>
#include <functional>
#include <limits>

namespace conclave
{

namespace
{

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

float max_of(std::span<const float> values)
{
    constexpr size_t n_lanes = 8; // independent maxima, so that the compiler can vectorise
    float lane[n_lanes];
    std::fill_n(lane, n_lanes, minus_infinity);
    size_t i = 0;
    for (; i + n_lanes <= values.size(); i += n_lanes) {
        for (size_t j = 0; j < n_lanes; ++j) {
            lane[j] = values[i + j] > lane[j] ? values[i + j] : lane[j];
        }
    }
    for (; i < values.size(); ++i) {
        lane[0] = std::max(lane[0], values[i]);
    }
    return *std::max_element(lane, lane + n_lanes);
}

bool better(const Ranked& a, const Ranked& b)
{
    return a.value > b.value || (a.value == b.value && a.index < b.index);
}

} // namespace

Selector::Selector(size_t n_max)
    : m_block_max((n_max + block_size - 1) / block_size), m_block_copy(m_block_max.size()), m_found(n_max)
{
}

void Selector::look(std::span<const float> values)
{
    m_values = values;
    m_n_blocks = (values.size() + block_size - 1) / block_size;
    for (size_t b = 0; b < m_n_blocks; ++b) {
        const size_t begin = b * block_size;
        m_block_max[b] = max_of(values.subspan(begin, std::min(block_size, values.size() - begin)));
    }
}

void Selector::update(size_t index)
{
    const size_t begin = index / block_size * block_size;
    m_block_max[index / block_size] = max_of(m_values.subspan(begin, std::min(block_size, m_values.size() - begin)));
}

float Selector::max() const
{
    return max_of(std::span(m_block_max).first(m_n_blocks));
}

float Selector::least_of_best(size_t m)
{
    if (m > m_n_blocks) {
        return minus_infinity;
    }
    const auto begin = m_block_copy.begin();
    std::copy_n(m_block_max.begin(), m_n_blocks, begin);
    const auto nth = begin + static_cast<std::ptrdiff_t>(m) - 1;
    std::nth_element(begin, nth, begin + static_cast<std::ptrdiff_t>(m_n_blocks), std::greater<>());
    return *nth;
}

std::span<const Ranked> Selector::best(size_t m)
{
    m = std::min(m, m_values.size());
    if (m == 0) {
        return {};
    }
    const float least = std::max(least_of_best(m), std::numeric_limits<float>::lowest());
    size_t n_found = 0;
    for (size_t b = 0; b < m_n_blocks; ++b) {
        if (m_block_max[b] < least) {
            continue;
        }
        const size_t end = std::min((b + 1) * block_size, m_values.size());
        for (size_t i = b * block_size; i < end; ++i) {
            if (m_values[i] >= least) {
                m_found[n_found++] = {m_values[i], static_cast<int32_t>(i)};
            }
        }
    }
    m = std::min(m, n_found);
    const auto begin = m_found.begin(), middle = begin + static_cast<std::ptrdiff_t>(m);
    const auto end = begin + static_cast<std::ptrdiff_t>(n_found);
    if (middle != end) {
        std::nth_element(begin, middle, end, better);
    }
    std::sort(begin, middle, better);
    return {m_found.data(), m};
}

} // namespace conclave
