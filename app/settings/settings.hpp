#pragma once

#include <QObject>
#include <QSettings>
#include <QString>
#include <QtQml/qqmlregistration.h>

#include "settings/model_settings.hpp"
#include "settings/sampler_knobs.hpp"
#include "settings/sampler_settings.hpp"

/// What the user chose, kept in an INI file of the profile and written at once. GUI thread.
class Settings : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("made in main.cpp")
    Q_PROPERTY(QString theme READ theme WRITE setTheme NOTIFY changed)
    Q_PROPERTY(double temperature READ temperature WRITE setTemperature NOTIFY changed)
    Q_PROPERTY(double topP READ topP WRITE setTopP NOTIFY changed)
    Q_PROPERTY(int topK READ topK WRITE setTopK NOTIFY changed)
    Q_PROPERTY(double minP READ minP WRITE setMinP NOTIFY changed)
    Q_PROPERTY(QString seed READ seed WRITE setSeed NOTIFY changed)
    Q_PROPERTY(int maxTokens READ maxTokens WRITE setMaxTokens NOTIFY changed)
    Q_PROPERTY(bool thinking READ thinking WRITE setThinking NOTIFY changed)
    Q_PROPERTY(QString contextPolicy READ contextPolicy WRITE setContextPolicy NOTIFY changed)
    Q_PROPERTY(QString device READ device WRITE setDevice NOTIFY changed)
    Q_PROPERTY(int contextLength READ contextLength WRITE setContextLength NOTIFY changed)
    Q_PROPERTY(QString kvType READ kvType WRITE setKvType NOTIFY changed)
    Q_PROPERTY(int threads READ threads WRITE setThreads NOTIFY changed)
    Q_PROPERTY(QString systemPrompt READ systemPrompt WRITE setSystemPrompt NOTIFY changed)
    Q_PROPERTY(bool sendWithEnter READ sendWithEnter WRITE setSendWithEnter NOTIFY changed)
    Q_PROPERTY(bool reducedMotion READ reducedMotion WRITE setReducedMotion NOTIFY changed)
    Q_PROPERTY(double fontScale READ fontScale WRITE setFontScale NOTIFY changed)
    Q_PROPERTY(bool chatsFolded READ chatsFolded WRITE setChatsFolded NOTIFY changed)
    Q_PROPERTY(bool inspectorFolded READ inspectorFolded WRITE setInspectorFolded NOTIFY changed)
    Q_PROPERTY(int chatsWidth READ chatsWidth WRITE setChatsWidth NOTIFY changed)
    Q_PROPERTY(int inspectorWidth READ inspectorWidth WRITE setInspectorWidth NOTIFY changed)
    Q_PROPERTY(QString colormap READ colormap WRITE setColormap NOTIFY changed)
public:
    /// Reads and writes `file`; the folder must exist.
    explicit Settings(const QString& file, QObject* parent = nullptr);

    QString theme() const { return text("theme", QStringLiteral("system")); } ///< "system", "light" or "dark"
    void setTheme(const QString& v) { set("theme", v); }
    double temperature() const { return number("temperature", 0.7); } ///< 0: always the likeliest token
    void setTemperature(double v) { set("temperature", qBound(0.0, v, 5.0)); }
    double topP() const { return number("top_p", 0.95); }
    void setTopP(double v) { set("top_p", qBound(0.01, v, 1.0)); }
    int topK() const { return value("top_k", 0).toInt(); } ///< 0: off
    void setTopK(int v) { set("top_k", qMax(0, v)); }
    double minP() const { return number("min_p", 0.0); }
    void setMinP(double v) { set("min_p", qBound(0.0, v, 1.0)); }
    QString seed() const { return text("seed", {}); } ///< empty: a fresh one for each answer
    void setSeed(const QString& v);
    int maxTokens() const { return value("max_tokens", -1).toInt(); } ///< -1: no limit
    void setMaxTokens(int v) { set("max_tokens", v <= 0 ? -1 : v); }
    bool thinking() const { return flag("thinking", true); }
    void setThinking(bool v) { set("thinking", v); }
    QString contextPolicy() const; ///< "ask", "leave_out" or "refuse": see ContextPolicy
    void setContextPolicy(const QString& v) { set("context_policy", v); }
    QString device() const { return text("device", ModelSettings{}.device); } ///< "cpu", or "cuda:0" and so on
    void setDevice(const QString& v) { set("device", v); }
    /// Tokens that a chat can have, where the model can have so many.
    int contextLength() const;
    void setContextLength(int v) { set("context_length", qBound(kShortestContext, v, kLongestContext)); }
    QString kvType() const; ///< "f16", "q8_0" or "f32"
    void setKvType(const QString& v) { set("kv_type", v); }
    int threads() const { return qBound(0, value("threads", 0).toInt(), kMostThreads); } ///< 0: by itself
    void setThreads(int v) { set("threads", qBound(0, v, kMostThreads)); }
    QString systemPrompt() const { return text("system_prompt", {}); }
    void setSystemPrompt(const QString& v) { set("system_prompt", v); }
    bool sendWithEnter() const { return flag("send_with_enter", true); }
    void setSendWithEnter(bool v) { set("send_with_enter", v); }
    bool reducedMotion() const { return flag("reduced_motion", false); }
    void setReducedMotion(bool v) { set("reduced_motion", v); }
    double fontScale() const { return number("font_scale", 1.0); }
    void setFontScale(double v) { set("font_scale", qBound(0.8, v, 1.6)); }
    bool chatsFolded() const { return flag("chats_folded", false); }
    void setChatsFolded(bool v) { set("chats_folded", v); }
    bool inspectorFolded() const { return flag("inspector_folded", false); }
    void setInspectorFolded(bool v) { set("inspector_folded", v); }
    int chatsWidth() const { return value("chats_width", 248).toInt(); } ///< pixels
    void setChatsWidth(int v) { set("chats_width", qBound(180, v, 420)); }
    int inspectorWidth() const { return value("inspector_width", 436).toInt(); } ///< pixels
    void setInspectorWidth(int v) { set("inspector_width", qBound(320, v, 700)); }
    QString colormap() const
    {
        return text("colormap", QStringLiteral("teal"));
    } ///< "teal", "cividis", "viridis" or "grey"
    void setColormap(const QString& v) { set("colormap", v); }

    /// A sampler's number; its default where none was chosen, within its range whatever the file says.
    double knob(const SamplerKnob& knob) const;
    void setKnob(const SamplerKnob& knob, double value);

    /// How models are run.
    ModelSettings model() const { return {device(), contextLength(), kvType(), threads()}; }

    /// What the next answer is sampled with.
    SamplerSettings sampler() const;

    /// For one run of the program, over what is stored and without storing it: --theme, --seed, --temp.
    void overrideValue(const char* key, const QVariant& value);

signals:
    void changed();

private:
    static constexpr int kShortestContext = 256, kLongestContext = 1 << 20; ///< tokens
    static constexpr int kMostThreads = 512;                                ///< what the engine takes

    QString text(const char* key, const QString& fallback) const { return value(key, fallback).toString(); }
    double number(const char* key, double fallback) const { return value(key, fallback).toDouble(); }
    bool flag(const char* key, bool fallback) const { return value(key, fallback).toBool(); }
    QVariant value(const char* key, const QVariant& fallback) const
    {
        return m_values.value(QString::fromLatin1(key), fallback);
    }
    void set(const char* key, const QVariant& value);

    QSettings m_file;
    QVariantMap m_values; ///< what is in force: the file's values under this run's overrides
};
