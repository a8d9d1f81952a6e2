#include "inspector/routing_metrics.hpp"

#include <cmath>

double fairShareRatio(quint32 count, quint64 tokens, const RoutingShape& shape)
{
    return double(count) * shape.nExperts / (double(shape.nExpertsUsed) * double(tokens));
}

std::optional<BalanceFigures> balanceOf(const RoutingHistory& history)
{
    const RoutingShape& shape = history.shape();
    if (history.rows() == 0 || history.moeLayers() == 0 || shape.nExpertsUsed == 0 || shape.nExperts < 2)
        return std::nullopt;
    BalanceFigures figures;
    figures.tokens = history.rows();
    figures.cells = history.moeLayers() * shape.nExperts;
    const double picks = double(shape.nExpertsUsed) * double(history.rows());
    for (int layer = 0; layer < history.moeLayers(); ++layer) {
        double entropy = 0;
        for (int expert = 0; expert < shape.nExperts; ++expert) {
            const quint32 count = history.counts()[history.cell(layer, expert)];
            if (count == 0) {
                ++figures.unused;
                continue;
            }
            const double p = double(count) / picks;
            entropy -= p * std::log(p);
            const double ratio = fairShareRatio(count, history.rows(), shape);
            if (ratio > figures.busiest) {
                figures.busiest = ratio;
                figures.busiestLayer = layer;
                figures.busiestExpert = expert;
            }
        }
        figures.entropy += entropy / std::log(double(shape.nExperts)) / history.moeLayers();
    }
    return figures;
}
