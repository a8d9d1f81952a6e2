#include "inspector/routing_history.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

RoutingHistory::RoutingHistory(RoutingShape shape, qsizetype maxRowBytes)
    : m_shape(std::move(shape)),
      m_picksPerRow(size_t(std::max(m_shape.nExpertsUsed, 0)) * size_t(m_shape.moeLayers.size()))
{
    const size_t perRow = m_picksPerRow * (sizeof(quint16) + sizeof(float)) +
                          size_t(moeLayers()) * (sizeof(float) + sizeof(quint32)) + 2 * sizeof(int);
    m_maxChunks = std::max<size_t>(2, size_t(maxRowBytes) / (perRow * kRowsPerChunk));
    const size_t cells = size_t(moeLayers()) * size_t(std::max(m_shape.nExperts, 0));
    m_counts.assign(cells, 0);
    m_lastWeights.assign(cells, 0);
    m_fade.assign(cells, 0);
}

void RoutingHistory::addPrompt(const RunPrompt& prompt)
{
    const qsizetype n = std::min<qsizetype>(prompt.ids.size(), kMaxPositions);
    for (qsizetype i = 0; i < n; ++i) {
        TokenInfo& token = tokenSlot(int(i));
        token.id = prompt.ids[i];
        if (i < prompt.pieces.size())
            token.text = QString::fromUtf8(prompt.pieces[i]);
    }
}

void RoutingHistory::addToken(const RunToken& token)
{
    if (token.position < 0 || token.position >= kMaxPositions)
        return;
    TokenInfo& slot = tokenSlot(token.position);
    slot = {token.id, true, token.text, token.logprob, token.entropy};
}

bool RoutingHistory::fits(const RunStep& step) const
{
    const size_t rows = size_t(step.positions.size());
    const size_t layerRows = rows * size_t(moeLayers());
    return step.nMoeLayers == moeLayers() && step.k == m_shape.nExpertsUsed && size_t(step.tokens.size()) == rows &&
           step.ids.size() == rows * m_picksPerRow && step.weights.size() == step.ids.size() &&
           step.margins.size() == layerRows && step.groups.size() == layerRows;
}

bool RoutingHistory::accepts(std::span<const quint16> ids) const
{
    const size_t k = size_t(m_shape.nExpertsUsed);
    for (size_t first = 0; first < ids.size(); first += k) {
        for (size_t i = first; i < first + k; ++i) {
            if (ids[i] >= m_shape.nExperts)
                return false;
            for (size_t j = first; j < i; ++j) {
                if (ids[j] == ids[i])
                    return false;
            }
        }
    }
    return true;
}

void RoutingHistory::addStep(const RunStep& step)
{
    if (moeLayers() == 0)
        return;
    if (!fits(step)) {
        m_rejectedRows += quint64(step.positions.size());
        return;
    }
    for (qsizetype i = 0; i < step.positions.size(); ++i) {
        const std::span ids(step.ids.data() + size_t(i) * m_picksPerRow, m_picksPerRow);
        if (step.positions[i] < 0 || step.positions[i] >= kMaxPositions || !accepts(ids)) {
            ++m_rejectedRows;
            continue;
        }
        append(step, i);
    }
}

void RoutingHistory::append(const RunStep& step, qsizetype index)
{
    const size_t layers = size_t(moeLayers()), k = size_t(m_shape.nExpertsUsed), experts = size_t(m_shape.nExperts);
    const std::span ids(step.ids.data() + size_t(index) * m_picksPerRow, m_picksPerRow);
    const std::span weights(step.weights.data() + size_t(index) * m_picksPerRow, m_picksPerRow);
    const auto margins = step.margins.begin() + qsizetype(size_t(index) * layers);
    const auto groups = step.groups.begin() + qsizetype(size_t(index) * layers);

    Chunk& chunk = openChunk();
    chunk.positions.push_back(step.positions[index]);
    chunk.tokens.push_back(step.tokens[index]);
    chunk.ids.insert(chunk.ids.end(), ids.begin(), ids.end());
    chunk.weights.insert(chunk.weights.end(), weights.begin(), weights.end());
    chunk.margins.insert(chunk.margins.end(), margins, margins + qsizetype(layers));
    chunk.groups.insert(chunk.groups.end(), groups, groups + qsizetype(layers));

    for (size_t i = 0; i < m_picksPerRow; ++i) {
        const size_t at = (i / k) * experts + ids[i];
        ++m_counts[at];
        m_lastWeights[at] = weights[i];
    }
    fadeRow(ids, weights);

    const int position = step.positions[index];
    if (size_t(position) >= m_rowOfPosition.size())
        m_rowOfPosition.resize(size_t(position) + 1, -1);
    m_rowOfPosition[size_t(position)] = qint64(m_rows);
    tokenSlot(position).id = step.tokens[index];
    m_lastPosition = position;
    ++m_rows;
    m_promptRows += step.prefill ? 1 : 0;
}

RoutingHistory::Chunk& RoutingHistory::openChunk()
{
    if (!m_chunks.empty() && m_chunks.back().positions.size() < kRowsPerChunk)
        return m_chunks.back();
    Chunk next;
    if (m_chunks.size() >= m_maxChunks) { // the oldest chunk's storage is used again
        next = std::move(m_chunks.front());
        m_chunks.pop_front();
        m_firstKeptRow += kRowsPerChunk;
        for (auto* list : {&next.positions, &next.tokens})
            list->clear();
        for (auto* list : {&next.weights, &next.margins})
            list->clear();
        next.ids.clear();
        next.groups.clear();
    }
    const size_t layers = size_t(moeLayers());
    next.positions.reserve(kRowsPerChunk);
    next.tokens.reserve(kRowsPerChunk);
    next.ids.reserve(kRowsPerChunk * m_picksPerRow);
    next.weights.reserve(kRowsPerChunk * m_picksPerRow);
    next.margins.reserve(kRowsPerChunk * layers);
    next.groups.reserve(kRowsPerChunk * layers);
    return m_chunks.emplace_back(std::move(next));
}

RouteRow RoutingHistory::rowAt(quint64 number) const
{
    const quint64 kept = number - m_firstKeptRow;
    const Chunk& chunk = m_chunks[size_t(kept / kRowsPerChunk)];
    const size_t i = size_t(kept % kRowsPerChunk), layers = size_t(moeLayers());
    return {chunk.positions[i],
            chunk.tokens[i],
            std::span(chunk.ids).subspan(i * m_picksPerRow, m_picksPerRow),
            std::span(chunk.weights).subspan(i * m_picksPerRow, m_picksPerRow),
            std::span(chunk.margins).subspan(i * layers, layers),
            std::span(chunk.groups).subspan(i * layers, layers)};
}

std::optional<RouteRow> RoutingHistory::row(int position) const
{
    if (position < 0 || size_t(position) >= m_rowOfPosition.size())
        return std::nullopt;
    const qint64 number = m_rowOfPosition[size_t(position)];
    if (number < 0 || quint64(number) < m_firstKeptRow)
        return std::nullopt;
    return rowAt(quint64(number));
}

bool RoutingHistory::wasDropped(int position) const
{
    if (position < 0 || size_t(position) >= m_rowOfPosition.size())
        return false;
    const qint64 number = m_rowOfPosition[size_t(position)];
    return number >= 0 && quint64(number) < m_firstKeptRow;
}

std::optional<int> RoutingHistory::neighbour(int position, int delta) const
{
    const int step = delta < 0 ? -1 : 1;
    for (int at = position + step; at >= 0 && size_t(at) < m_rowOfPosition.size(); at += step) {
        const qint64 number = m_rowOfPosition[size_t(at)];
        if (number >= 0 && quint64(number) >= m_firstKeptRow)
            return at;
    }
    return std::nullopt;
}

TokenInfo& RoutingHistory::tokenSlot(int position)
{
    if (size_t(position) >= m_tokens.size())
        m_tokens.resize(size_t(position) + 1);
    return m_tokens[size_t(position)];
}

const TokenInfo* RoutingHistory::token(int position) const
{
    return position >= 0 && size_t(position) < m_tokens.size() ? &m_tokens[size_t(position)] : nullptr;
}

quint64 RoutingHistory::countSum() const
{
    return std::accumulate(m_counts.begin(), m_counts.end(), quint64(0));
}

void RoutingHistory::fadeRow(std::span<const quint16> ids, std::span<const float> weights)
{
    constexpr double kRebaseAt = 0x1p500; // far from overflow; reached once in 500 half-lives
    m_fadeGain *= std::exp2(1.0 / m_halfLife);
    m_fadeNorm += m_fadeGain;
    const size_t k = size_t(m_shape.nExpertsUsed), experts = size_t(m_shape.nExperts);
    for (size_t i = 0; i < ids.size(); ++i)
        m_fade[(i / k) * experts + ids[i]] += double(weights[i]) * m_fadeGain;
    if (m_fadeGain > kRebaseAt) {
        for (double& value : m_fade)
            value /= m_fadeGain;
        m_fadeNorm /= m_fadeGain;
        m_fadeGain = 1;
    }
}

void RoutingHistory::setHalfLife(int tokens)
{
    tokens = std::max(1, tokens);
    if (tokens == m_halfLife)
        return;
    m_halfLife = tokens;
    std::fill(m_fade.begin(), m_fade.end(), 0.0);
    m_fadeGain = 1;
    m_fadeNorm = 0;
    const quint64 reach = 20 * quint64(tokens); // what lies further back weighs less than one part in a million
    for (quint64 number = std::max(m_firstKeptRow, m_rows - std::min(m_rows, reach)); number < m_rows; ++number) {
        const RouteRow row = rowAt(number);
        fadeRow(row.ids, row.weights);
    }
}

void RoutingHistory::fading(int position, int halfLife, std::vector<float>& out) const
{
    out.assign(m_counts.size(), 0);
    if (position == m_lastPosition && halfLife == m_halfLife) {
        for (size_t i = 0; i < out.size() && m_fadeNorm > 0; ++i)
            out[i] = float(m_fade[i] / m_fadeNorm);
        return;
    }
    if (!row(position))
        return;
    const quint64 newest = quint64(m_rowOfPosition[size_t(position)]);
    const quint64 reach = std::min(newest - m_firstKeptRow, 20 * quint64(std::max(1, halfLife)));
    const size_t k = size_t(m_shape.nExpertsUsed), experts = size_t(m_shape.nExperts);
    const double decay = std::exp2(-1.0 / std::max(1, halfLife));
    double gain = 1, norm = 0;
    for (quint64 age = 0; age <= reach; ++age, gain *= decay) {
        const RouteRow old = rowAt(newest - age);
        norm += gain;
        for (size_t i = 0; i < old.ids.size(); ++i)
            out[(i / k) * experts + old.ids[i]] += float(double(old.weights[i]) * gain);
    }
    for (float& value : out)
        value = float(value / norm);
}
