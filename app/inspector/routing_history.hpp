#pragma once

#include <QString>

#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "bridge/run_events.hpp"

/// One token that a run computed. Views are valid until the history changes.
struct RouteRow {
    int position = 0;
    int token = 0;
    std::span<const quint16> ids;    ///< [n_moe_layers, k] by descending selection score
    std::span<const float> weights;  ///< [n_moe_layers, k] as multiplied onto the expert's output
    std::span<const float> margins;  ///< [n_moe_layers] score of the last chosen minus the best not chosen
    std::span<const quint32> groups; ///< [n_moe_layers] bit g set when group g was open
};

/// What is known of a token beside its routes.
struct TokenInfo {
    int id = 0;
    bool generated = false;
    QString text;                          ///< may be empty: a part of a character
    std::optional<float> logprob, entropy; ///< nats; absent for prompt tokens, which were not sampled
};

/// The routing of one run (one answer): each row it computed, prompt rows included, and running counts.
/// A row costs O(k · layers) and never depends on how many came before. Rows beyond `maxRowBytes` push out the oldest
/// (256 at a time), so memory is bounded by that, plus counts [layers, experts], plus one TokenInfo a position; counts
/// stay exact. Any thread, one at a time.
class RoutingHistory
{
public:
    static constexpr qsizetype kMaxRowBytes = qsizetype(128)
                                              << 20; ///< 41,000 tokens of DeepSeek-V3, all of a small model
    static constexpr int kMaxPositions = 1 << 20;    ///< a position beyond is damage, not a long chat
    static constexpr int kRowsPerChunk = 256;

    explicit RoutingHistory(RoutingShape shape, qsizetype maxRowBytes = kMaxRowBytes);

    void addPrompt(const RunPrompt& prompt);
    /// Rows that do not fit the shape (sizes, an id out of range or twice, a position out of range) are only counted.
    void addStep(const RunStep& step);
    void addToken(const RunToken& token);
    void setEngineSum(quint64 sum) { m_engineSum = sum; }

    const RoutingShape& shape() const { return m_shape; }
    int moeLayers() const { return int(m_shape.moeLayers.size()); }
    size_t cell(int moeLayer, int expert) const { return size_t(moeLayer) * size_t(m_shape.nExperts) + size_t(expert); }

    quint64 rows() const { return m_rows; }             ///< counted, kept or not
    quint64 promptRows() const { return m_promptRows; } ///< of them, tokens of the prompt
    quint64 rejectedRows() const { return m_rejectedRows; }
    std::span<const quint32> counts() const { return m_counts; }         ///< [n_moe_layers, n_experts]
    std::span<const float> lastWeights() const { return m_lastWeights; } ///< [n_moe_layers, n_experts], 0: never used

    /// Σ counts, summed anew. It must equal expectedSum(), and the engine's own sum where that is known.
    quint64 countSum() const;
    quint64 expectedSum() const { return m_rows * quint64(m_shape.nExpertsUsed) * quint64(moeLayers()); }
    std::optional<quint64> engineSum() const { return m_engineSum; }

    std::optional<int> lastPosition() const { return m_lastPosition; }
    std::optional<RouteRow> row(int position) const;
    /// The token was computed, but its row was pushed out.
    bool wasDropped(int position) const;
    /// The nearest kept row before (delta < 0) or after `position`.
    std::optional<int> neighbour(int position, int delta) const;
    const TokenInfo* token(int position) const;

    /// Mean weight per token up to `position`, a token counting half as much as one `halfLife` tokens later; `out` is
    /// [n_moe_layers, n_experts]. O(layers · experts) at the newest row and the running half-life, else it looks back
    /// over 20 half-lives of kept rows.
    void fading(int position, int halfLife, std::vector<float>& out) const;
    void setHalfLife(int tokens);
    int halfLife() const { return m_halfLife; }

private:
    struct Chunk {
        std::vector<int> positions, tokens;
        std::vector<quint16> ids;
        std::vector<float> weights, margins;
        std::vector<quint32> groups;
    };

    bool fits(const RunStep& step) const;
    bool accepts(std::span<const quint16> ids) const;
    void append(const RunStep& step, qsizetype index);
    Chunk& openChunk();
    RouteRow rowAt(quint64 number) const;
    TokenInfo& tokenSlot(int position);
    void fadeRow(std::span<const quint16> ids, std::span<const float> weights);

    RoutingShape m_shape;
    size_t m_picksPerRow = 0;
    size_t m_maxChunks = 1;
    std::deque<Chunk> m_chunks;
    quint64 m_firstKeptRow = 0;
    quint64 m_rows = 0, m_promptRows = 0, m_rejectedRows = 0;
    std::vector<qint64> m_rowOfPosition; ///< number of the newest row at a position, -1: none
    std::deque<TokenInfo> m_tokens;      ///< by position; a deque, so that growing never copies a long chat
    std::vector<quint32> m_counts;
    std::vector<float> m_lastWeights;
    std::optional<int> m_lastPosition;
    std::optional<quint64> m_engineSum;

    int m_halfLife = 32;
    std::vector<double> m_fade; ///< Σ weight · gain; dividing by Σ gain gives the mean, so a row touches only its picks
    double m_fadeGain = 1, m_fadeNorm = 0;
};
