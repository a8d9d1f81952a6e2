#include "inspector/route_text.hpp"

#include <QLocale>

#include "inspector/routing_metrics.hpp"

#include <bit>
#include <cmath>
#include <numbers>

using namespace Qt::StringLiterals;

QString RouteText::significant(double value, int digits)
{
    const int whole = value == 0 ? 0 : int(std::floor(std::log10(std::abs(value))));
    return QLocale().toString(value, 'f', std::clamp(digits - 1 - whole, 0, 6));
}

QString RouteText::integer(quint64 value)
{
    return QLocale().toString(value);
}

QString RouteText::count(quint64 tokens)
{
    return tokens == 1 ? tr("1 token") : tr("%1 tokens").arg(integer(tokens));
}

QString RouteText::percent(double share, int decimals)
{
    return QLocale().toString(share * 100, 'f', decimals) + u"\u202f%"_s;
}

QString RouteText::tokenTitle(const TokenInfo& token)
{
    if (token.text.isEmpty())
        return tr("token id %1").arg(token.id); // a part of a character, or text that was not recorded
    QString text = token.text;                  // a blank at either end is part of the token
    text.replace(u'\n', u'⏎').replace(u'\t', u'⇥').replace(u'\r', u'␍');
    for (qsizetype i = 0; i < text.size() && text[i] == u' '; ++i)
        text[i] = u'␣';
    for (qsizetype i = text.size() - 1; i >= 0 && text[i] == u' '; --i)
        text[i] = u'␣';
    return u'“' + text + u'”';
}

QString RouteText::tokenDetail(int position, const TokenInfo& token)
{
    QString text = tr("token %1").arg(integer(quint64(position)));
    if (!token.generated)
        return tr("%1 · prompt").arg(text);
    if (token.logprob) {
        const double bits = -double(*token.logprob) / std::numbers::ln2;
        text = tr("%1 · p %2 · %3\u202fbit", "place, probability, surprise")
                   .arg(text, QLocale().toString(std::exp(double(*token.logprob)), 'f', 2),
                        QLocale().toString(std::max(0.0, bits), 'f', 2));
    }
    return text;
}

QString RouteText::margin(float margin)
{
    if (!std::isfinite(margin))
        return tr("every open expert was chosen");
    return tr("next expert %1 behind in score").arg(significant(double(margin), 2));
}

QString RouteText::groups(quint32 mask, int nGroup, int topkGroup)
{
    if (nGroup <= 1 || topkGroup >= nGroup || mask == 0)
        return {};
    QStringList open;
    for (int group = 0; group < std::min(nGroup, 32); ++group) {
        if (mask >> group & 1)
            open += QLocale().toString(group);
    }
    if (open.size() == 1)
        return tr("group %1 of %2 open").arg(open.first(), integer(quint64(nGroup)));
    const QString last = open.takeLast();
    return tr("groups %1 and %2 of %3 open").arg(open.join(u", "_s), last, integer(quint64(nGroup)));
}

QString RouteText::expert(const RoutingHistory& history, int moeLayer, int expert, std::optional<float> fading)
{
    const RoutingShape& shape = history.shape();
    const bool grouped = shape.nGroup > 1 && shape.nExperts % shape.nGroup == 0;
    QString place = tr("Layer %1, expert %2").arg(shape.moeLayers[moeLayer]).arg(expert);
    if (grouped)
        place = tr("%1, group %2").arg(place).arg(expert / (shape.nExperts / shape.nGroup));
    const size_t cell = history.cell(moeLayer, expert);
    const quint32 count = history.counts()[cell];
    if (history.rows() == 0)
        return tr("%1: no tokens yet").arg(place);
    if (count == 0)
        return tr("%1: not used by any of %2 tokens").arg(place, integer(history.rows()));
    QString text = tr("%1: %2 of %3 tokens · %4× fair share · last weight %5")
                       .arg(place, integer(count), integer(history.rows()),
                            significant(fairShareRatio(count, history.rows(), shape)),
                            significant(double(history.lastWeights()[cell])));
    if (fading)
        text = tr("%1 · fading mean %2").arg(text, significant(double(*fading)));
    return text;
}

QString RouteText::tokens(const RoutingHistory& history)
{
    const QString all = count(history.rows());
    if (history.promptRows() == 0)
        return all;
    return tr("%1, %2 of them prompt").arg(all, integer(history.promptRows()));
}

bool RouteText::sumHolds(const RoutingHistory& history)
{
    const quint64 sum = history.countSum();
    return sum == history.expectedSum() && sum == history.engineSum().value_or(sum) && history.rejectedRows() == 0;
}

QString RouteText::sum(const RoutingHistory& history)
{
    const quint64 sum = history.countSum();
    const bool equal = sum == history.expectedSum();
    QString text = tr("Σ counts %1 %2 %3 tokens × %4 × %5 layers")
                       .arg(integer(sum), equal ? u"="_s : u"≠"_s, integer(history.rows()))
                       .arg(history.shape().nExpertsUsed)
                       .arg(history.moeLayers());
    if (history.engineSum() && *history.engineSum() != sum)
        text = tr("%1, but the engine counted %2").arg(text, integer(*history.engineSum()));
    if (history.rejectedRows() > 0)
        text = tr("%1, %2 left out: routing that does not fit this model").arg(text, count(history.rejectedRows()));
    return sumHolds(history) ? text + u" ✓"_s : text;
}
