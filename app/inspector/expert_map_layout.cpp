#include "inspector/expert_map_layout.hpp"

#include <algorithm>
#include <cmath>

namespace
{
constexpr int kTallestRow = 26, kLowestRow = 3; ///< logical pixels
constexpr int kGapFrom = 4;                     ///< cells narrower than this touch: a gap would be a third of them
constexpr int kLeastGroupGap = 2, kMostGroupGap = 10, kSharedGap = 8;
constexpr int kMargin = 1; ///< left and above, for the rings of the first row and column
} // namespace

ExpertMapLayout::ExpertMapLayout(const RoutingShape& shape, const Space& space)
    : m_layers(shape.nLayers), m_experts(shape.nExperts), m_shared(std::max(0, shape.nSharedExperts))
{
    m_moeIndex.fill(-1, m_layers);
    for (qsizetype i = 0; i < shape.moeLayers.size(); ++i) {
        if (shape.moeLayers[i] >= 0 && shape.moeLayers[i] < m_layers)
            m_moeIndex[shape.moeLayers[i]] = int(i);
    }
    if (m_experts < 1 || m_layers < 1)
        return;
    const auto px = [&](int logical) { return std::max(1, int(std::lround(logical * space.scale))); };
    const int groups = shape.nGroup > 1 && m_experts % shape.nGroup == 0 ? shape.nGroup : 1;
    m_groupSize = m_experts / groups;

    const int sharedGap = m_shared > 0 ? px(kSharedGap) : 0;
    m_margin = px(kMargin);
    const int leastGaps = (groups - 1) * px(kLeastGroupGap) + sharedGap + m_margin;
    const int fitted = std::max(1, (space.width - leastGaps) / columns());
    m_pitchX = fitted * std::max(1, space.zoom);
    // What whole pixels leave over widens the gaps between groups.
    const int left = std::max(0, space.width - leastGaps - fitted * columns());
    m_groupGap = groups > 1 ? std::min(px(kLeastGroupGap) + left / groups, px(kMostGroupGap)) : 0;
    m_cellWidth = m_pitchX - (m_pitchX >= px(kGapFrom) ? px(1) : 0);

    const int rowByHeight = std::max(1, space.height) / m_layers;
    m_pitchY = std::clamp(rowByHeight, px(kLowestRow), px(kTallestRow));
    m_cellHeight = m_pitchY - (m_pitchY >= px(kGapFrom) ? px(m_pitchY >= px(16) ? 2 : 1) : 0);

    m_sharedX = columnX(m_experts - 1) + m_pitchX + sharedGap;
    const int width = m_shared > 0 ? m_sharedX + m_shared * m_pitchX : columnX(m_experts - 1) + m_pitchX;
    m_size = {width, m_margin + m_layers * m_pitchY};
}

int ExpertMapLayout::columnX(int column) const
{
    if (column >= m_experts)
        return m_sharedX + (column - m_experts) * m_pitchX;
    return m_margin + column * m_pitchX + column / m_groupSize * m_groupGap;
}

std::optional<MapCell> ExpertMapLayout::hit(QPoint point) const
{
    if (!QRect(m_margin, m_margin, m_size.width() - m_margin, m_size.height() - m_margin).contains(point))
        return std::nullopt;
    const int x = point.x() - m_margin, layer = (point.y() - m_margin) / m_pitchY;
    if (layer >= m_layers || moeIndex(layer) < 0)
        return std::nullopt;
    if (m_shared > 0 && point.x() >= m_sharedX)
        return MapCell{layer, m_experts + std::min((point.x() - m_sharedX) / m_pitchX, m_shared - 1)};
    const int groupWidth = m_groupSize * m_pitchX + m_groupGap;
    const int within = (x % groupWidth) / m_pitchX;
    const int column = x / groupWidth * m_groupSize + within;
    if (within >= m_groupSize || column >= m_experts)
        return std::nullopt;
    return MapCell{layer, column};
}
