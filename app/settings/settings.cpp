#include "settings/settings.hpp"

#include <cmath>

using namespace Qt::StringLiterals;

Settings::Settings(const QString& file, QObject* parent) : QObject(parent), m_file(file, QSettings::IniFormat)
{
    const QStringList keys = m_file.allKeys();
    for (const QString& key : keys) {
        m_values.insert(key, m_file.value(key));
    }
}

void Settings::setSeed(const QString& v)
{
    bool isNumber = false;
    v.toULongLong(&isNumber);
    if (v.isEmpty() || isNumber) {
        set("seed", v);
    }
}

QString Settings::contextPolicy() const
{
    // Up to 0.1 there was a switch between two of the three.
    return text("context_policy", flag("drop_oldest", false) ? u"leave_out"_s : u"ask"_s);
}

int Settings::contextLength() const
{
    return qBound(kShortestContext, value("context_length", ModelSettings{}.contextLength).toInt(), kLongestContext);
}

QString Settings::kvType() const
{
    static const QStringList offered{u"f16"_s, u"q8_0"_s, u"f32"_s};
    const QString chosen = text("kv_type", {});
    return offered.contains(chosen) ? chosen : ModelSettings{}.kvType;
}

SamplerSettings Settings::sampler() const
{
    SamplerSettings s;
    s.temperature = temperature();
    s.topK = topK();
    s.topP = topP();
    s.minP = minP();
    if (!seed().isEmpty()) {
        s.seed = seed().toULongLong();
    }
    s.maxTokens = maxTokens();
    s.thinking = thinking();
    s.contextPolicy = contextPolicy() == "leave_out"_L1 ? ContextPolicy::LeaveOut
                      : contextPolicy() == "refuse"_L1  ? ContextPolicy::Refuse
                                                        : ContextPolicy::Ask;
    for (const SamplerKnob& each : samplerKnobs()) {
        s.*each.field = knob(each);
    }
    return s;
}

double Settings::knob(const SamplerKnob& knob) const
{
    return qBound(knob.from, number(knob.key, SamplerSettings{}.*knob.field), knob.to);
}

void Settings::setKnob(const SamplerKnob& knob, double value)
{
    const double bounded = qBound(knob.from, value, knob.to);
    set(knob.key, knob.decimals == 0 ? std::round(bounded) : bounded);
}

void Settings::overrideValue(const char* key, const QVariant& value)
{
    m_values.insert(QString::fromLatin1(key), value);
    emit changed();
}

void Settings::set(const char* key, const QVariant& value)
{
    const QString name = QString::fromLatin1(key);
    if (m_values.value(name) == value) {
        return;
    }
    m_values.insert(name, value);
    m_file.setValue(name, value);
    emit changed();
}
