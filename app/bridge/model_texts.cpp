#include "bridge/model_texts.hpp"

#include <QCoreApplication>
#include <QLocale>

#include "conclave/model.hpp"

using namespace Qt::StringLiterals;

namespace
{

struct Text {
    Q_DECLARE_TR_FUNCTIONS(ModelHost)
};

QString count(quint64 n)
{
    const QLocale locale;
    if (n >= 1'000'000'000)
        return Text::tr("%1 B", "billions of parameters")
            .arg(locale.toString(double(n) / 1e9, 'f', n >= 100'000'000'000 ? 0 : 1));
    return Text::tr("%1 M", "millions of parameters")
        .arg(locale.toString(double(n) / 1e6, 'f', n >= 100'000'000 ? 0 : 1));
}

/// In the unit of the device strip, which shows what of it is in use.
QString memorySize(uint64_t n)
{
    return QLocale().formattedDataSize(qint64(n), 1, QLocale::DataSizeIecFormat);
}

} // namespace

QString modelDescription(const conclave::ModelInfo& info)
{
    QStringList parts;
    parts << (info.n_params_active < info.n_params
                  ? Text::tr("%1 parameters, %2 active").arg(count(info.n_params), count(info.n_params_active))
                  : Text::tr("%1 parameters").arg(count(info.n_params)));
    if (info.n_experts > 0)
        parts << Text::tr("%1 of %2 experts").arg(info.n_experts_used).arg(info.n_experts);
    if (!info.quant.empty())
        parts << QString::fromStdString(info.quant.front().first).toUpper();
    parts << QLocale().formattedDataSize(qint64(info.file_bytes), 1, QLocale::DataSizeSIFormat);
    return parts.join(u" · "_s);
}

QString memorySentence(const conclave::MemoryPlan& plan, int contextLength, std::optional<uint64_t> memory)
{
    QString text =
        Text::tr("%1 tokens take %2: %3 weights, %4 keys and values, %5 for the work")
            .arg(QLocale().toString(contextLength), memorySize(plan.total_bytes), memorySize(plan.weights_bytes),
                 memorySize(plan.kv_bytes + plan.branch_bytes), memorySize(plan.scratch_bytes));
    if (memory)
        text += u' ' +
                (plan.total_bytes > *memory ? Text::tr("– more than the %1 there are") : Text::tr("– of %1 there are"))
                    .arg(memorySize(*memory));
    return text + u'.';
}
