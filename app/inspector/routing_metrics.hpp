#pragma once

#include "inspector/routing_history.hpp"

/// How evenly a run used its experts. Definitions: n_i uses of expert i in one layer, T tokens, k chosen of E;
/// f_i = n_i · E / (k · T), so that 1 is a fair share.
struct BalanceFigures {
    quint64 tokens = 0;
    double busiest = 0;                      ///< max f_i over all MoE layers (MaxVio + 1)
    int busiestLayer = 0, busiestExpert = 0; ///< MoE layer index; the first of equals
    int unused = 0, cells = 0;               ///< experts with n_i = 0; all of them
    double entropy = 0; ///< mean over layers of H(n_i / (k · T)) / ln E: 1 is perfectly even. Not corrected for
                        ///< small T: the chance band it is compared with has the same bias.
};

/// Absent before the first token and for a shape without experts to choose from. O(layers · experts).
std::optional<BalanceFigures> balanceOf(const RoutingHistory& history);

/// n · E / (k · T), the share of the picks in its layer against a fair one.
double fairShareRatio(quint32 count, quint64 tokens, const RoutingShape& shape);
