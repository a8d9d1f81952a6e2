#include "inspector/balance_model.hpp"

#include <QLocale>

#include "inspector/route_text.hpp"

#include <cmath>
#include <limits>

namespace
{

QString verdictOf(double value, const Band& band)
{
    if (value < band.low)
        return BalanceModel::tr("below chance");
    return value > band.high ? BalanceModel::tr("above chance") : BalanceModel::tr("within chance");
}

} // namespace

void BalanceModel::show(const RoutingShape& shape, const std::optional<BalanceFigures>& figures,
                        const std::optional<ChanceBand>& chance)
{
    std::vector<Figure> next;
    const auto add = [&](const QString& name, double value, const QString& valueText, std::optional<Band> band,
                         const auto& text, const QString& help) {
        Figure figure{name, valueText, tr("chance: working it out"), {}, help, value};
        figure.low = figure.high = std::numeric_limits<double>::quiet_NaN();
        if (band) {
            figure.low = band->low;
            figure.high = band->high;
            const QString low = text(band->low), high = text(band->high);
            figure.chanceText = low == high ? tr("chance %1").arg(low) : tr("chance %1 – %2").arg(low, high);
            figure.verdict = verdictOf(value, *band);
        }
        next.push_back(figure);
    };
    if (figures) {
        const auto part = [&](Band ChanceBand::* field) {
            return chance ? std::optional<Band>((*chance).*field) : std::nullopt;
        };
        std::optional<Band> unused = part(&ChanceBand::unused);
        if (unused) // whole experts; the grid between two points gives fractions
            unused = Band{std::floor(unused->low), std::ceil(unused->high)};
        const auto three = [](double value) { return RouteText::significant(value); };
        const auto whole = [](double value) { return RouteText::integer(quint64(std::max(0.0, value))); };
        const auto fine = [](double value) { return QLocale().toString(value, 'f', 3); };
        add(tr("Busiest expert"), figures->busiest, three(figures->busiest) + u'×', part(&ChanceBand::busiest), three,
            tr("How many times its fair share the most used expert got: layer %1, expert %2. The band holds 95 of 100 "
               "runs routed by pure chance.")
                .arg(shape.moeLayers.value(figures->busiestLayer))
                .arg(figures->busiestExpert));
        add(tr("Experts unused"), figures->unused,
            tr("%1 of %2")
                .arg(RouteText::integer(quint64(figures->unused)), RouteText::integer(quint64(figures->cells))),
            unused, whole,
            tr("Experts that no token has used yet, over all layers. Short answers leave some unused by chance "
               "alone."));
        add(tr("Load entropy"), figures->entropy, fine(figures->entropy), part(&ChanceBand::entropy), fine,
            tr("How evenly the picks spread over the experts, averaged over layers: 1 is perfectly even, 0 is always "
               "the same expert."));
    }
    if (next.size() != m_figures.size()) {
        beginResetModel();
        m_figures = std::move(next);
        endResetModel();
    } else if (!next.empty()) {
        m_figures = std::move(next);
        emit dataChanged(index(0), index(int(m_figures.size()) - 1));
    }
}

int BalanceModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_figures.size());
}

QVariant BalanceModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Figure& figure = m_figures[size_t(index.row())];
    switch (role) {
    case NameRole:
        return figure.name;
    case ValueTextRole:
        return figure.valueText;
    case ChanceTextRole:
        return figure.chanceText;
    case VerdictRole:
        return figure.verdict;
    case HelpRole:
        return figure.help;
    case ValueRole:
        return figure.value;
    case LowRole:
        return figure.low;
    case HighRole:
        return figure.high;
    default:
        return {};
    }
}

QHash<int, QByteArray> BalanceModel::roleNames() const
{
    return {{NameRole, "name"},
            {ValueTextRole, "valueText"},
            {ChanceTextRole, "chanceText"},
            {VerdictRole, "verdict"},
            {HelpRole, "help"},
            {ValueRole, "value"},
            {LowRole, "low"},
            {HighRole, "high"}};
}
