#pragma once

#include <QObject>
#include <QThreadPool>

#include <compare>
#include <map>
#include <optional>
#include <stop_token>
#include <vector>

#include "bridge/run_events.hpp"

/// Routing by pure chance on a model's shape: each token opens topk_group of n_group groups uniformly and uses k
/// distinct experts of the open ones uniformly, in each layer by itself.
struct RoutingNull {
    int nMoeLayers = 0, nExperts = 0, nExpertsUsed = 0, nGroup = 1, topkGroup = 1;
    auto operator<=>(const RoutingNull&) const = default;
};

RoutingNull nullOf(const RoutingShape& shape);

/// Where 95 of 100 runs by chance lie.
struct Band {
    double low = 0, high = 0;
};

/// The chance bands of BalanceFigures after a number of tokens.
struct ChanceBand {
    Band busiest, unused, entropy;
};

/// Bands at a rising grid of token counts, simulated once.
class ChanceCurve
{
public:
    struct Point {
        int tokens = 0;
        ChanceBand band;
    };
    explicit ChanceCurve(std::vector<Point> points) : m_points(std::move(points)) {}

    int lastTokens() const { return m_points.empty() ? 0 : m_points.back().tokens; }
    /// Between grid points interpolated in log(tokens). Past the last point, where counts are large and nearly normal,
    /// extrapolated: the busiest's excess falls with 1/√T, the entropy's deficit with 1/T.
    std::optional<ChanceBand> at(quint64 tokens) const;

private:
    std::vector<Point> m_points;
};

/// Simulates `replicates` runs of `maxTokens` with a fixed seed: the same arguments give the same curve. Cost: about
/// 4 ns · replicates · maxTokens · layers · k. Returns what is done when `stop` is requested: an empty curve.
ChanceCurve simulateChance(const RoutingNull& null, int maxTokens, int replicates = 200,
                           const std::stop_token& stop = {});

/// Caches curves and simulates missing ones on a worker thread of low priority. GUI thread.
class ChanceBands : public QObject
{
    Q_OBJECT
public:
    explicit ChanceBands(QObject* parent = nullptr);
    ~ChanceBands() override;

    /// The band, or nothing while it is being simulated (`ready` follows).
    std::optional<ChanceBand> at(const RoutingNull& null, quint64 tokens);

signals:
    void ready();

private:
    void simulate(const RoutingNull& null, int maxTokens);

    std::map<RoutingNull, ChanceCurve> m_curves;
    std::optional<RoutingNull> m_running;
    std::stop_source m_stop;
    QThreadPool m_pool; ///< last: its threads end before the members they report to
};
