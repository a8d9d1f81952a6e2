#include "settings/sampler_model.hpp"

#include <QCoreApplication>

#include "settings/sampler_knobs.hpp"

int SamplerModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(samplerKnobs().size());
}

QVariant SamplerModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid) || !m_settings)
        return {};
    const SamplerKnob& knob = samplerKnobs()[size_t(index.row())];
    switch (role) {
    case LabelRole:
        return QCoreApplication::translate("SamplerModel", knob.label);
    case ExplanationRole:
        return QCoreApplication::translate("SamplerModel", knob.explanation);
    case ValueRole:
        return m_settings->knob(knob);
    case FromRole:
        return knob.from;
    case ToRole:
        return knob.to;
    case DecimalsRole:
        return knob.decimals;
    default:
        return {};
    }
}

QHash<int, QByteArray> SamplerModel::roleNames() const
{
    return {{LabelRole, "label"}, {ExplanationRole, "toolTip"}, {ValueRole, "value"}, {FromRole, "from"},
            {ToRole, "to"},       {DecimalsRole, "decimals"}};
}

void SamplerModel::setSettings(Settings* settings)
{
    if (m_settings == settings)
        return;
    if (m_settings)
        disconnect(m_settings, nullptr, this, nullptr);
    beginResetModel();
    m_settings = settings;
    endResetModel();
    if (m_settings) {
        connect(m_settings, &Settings::changed, this, [this] {
            emit dataChanged(index(0), index(rowCount() - 1), {ValueRole});
            emit nChangedChanged();
        });
    }
    emit settingsChanged();
    emit nChangedChanged();
}

int SamplerModel::nChanged() const
{
    int n = 0;
    for (const SamplerKnob& knob : samplerKnobs())
        n += m_settings && m_settings->knob(knob) != SamplerSettings{}.*knob.field;
    return n;
}

void SamplerModel::setValue(int row, double value)
{
    if (m_settings && row >= 0 && row < rowCount())
        m_settings->setKnob(samplerKnobs()[size_t(row)], value);
}

void SamplerModel::reset()
{
    for (const SamplerKnob& knob : samplerKnobs())
        if (m_settings)
            m_settings->setKnob(knob, SamplerSettings{}.*knob.field);
}
