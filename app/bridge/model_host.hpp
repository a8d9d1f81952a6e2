#pragma once

#include <QObject>
#include <QString>
#include <QThreadPool>
#include <QTimer>
#include <QUrl>
#include <QtQml/qqmlregistration.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "bridge/model_run.hpp"
#include "bridge/run_events.hpp"
#include "conclave/engine.hpp"
#include "settings/model_settings.hpp"

/// The model that answers: opens files on a worker, with progress and cancel; the one before stays until the next is
/// there. GUI thread.
class ModelHost : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("made in main.cpp")
    Q_PROPERTY(State state READ state NOTIFY stateChanged)
    Q_PROPERTY(QString name READ name NOTIFY stateChanged)
    Q_PROPERTY(QString description READ description NOTIFY stateChanged)
    Q_PROPERTY(bool builtIn READ isBuiltIn NOTIFY stateChanged)
    Q_PROPERTY(int contextLength READ contextLength NOTIFY stateChanged)
    Q_PROPERTY(int longestContext READ longestContext NOTIFY stateChanged)
    Q_PROPERTY(QString memoryText READ memoryText NOTIFY stateChanged)
    Q_PROPERTY(bool memoryShort READ isMemoryShort NOTIFY stateChanged)
    Q_PROPERTY(QString sessionError READ sessionError NOTIFY stateChanged)
    Q_PROPERTY(QString errorText READ errorText NOTIFY stateChanged)
    Q_PROPERTY(double progress READ progress NOTIFY progressChanged)
    Q_PROPERTY(QString progressText READ progressText NOTIFY progressChanged)
public:
    enum State {
        NoModel,
        Loading, ///< the model before, if any, still stands in `name`
        Failed,  ///< errorText says why; a model before still answers
        Ready,
    };
    Q_ENUM(State)

    using Sampler = std::function<conclave::DeviceSample()>;
    /// `engine` computes where no device is chosen; `sampler`, asked on a worker, knows the machine's memory, if given.
    explicit ModelHost(conclave::Engine engine, Sampler sampler = {}, QObject* parent = nullptr);
    ~ModelHost() override;

    State state() const { return m_state; }
    QString name() const { return m_shape.modelName; }
    QString description() const { return m_description; } ///< one line: family, size, experts, precision
    bool isBuiltIn() const { return m_builtIn; }
    int contextLength() const { return m_run.contextLength; } ///< tokens a chat can have; 0: no model
    int longestContext() const;                               ///< what the model was made for; 0: no model
    QString memoryText() const { return m_memoryText; }       ///< a sentence; empty: no model
    bool isMemoryShort() const { return m_memoryShort; }      ///< less is there than the model and its context take
    QString sessionError() const { return m_sessionError; }   ///< why an open model cannot answer; empty: it can
    QString errorText() const { return m_errorText; }
    double progress() const { return m_progress; } ///< 0 to 1
    QString progressText() const { return m_progressText; }

    const ModelRun& run() const { return m_run; }
    const std::shared_ptr<const conclave::Model>& model() const { return m_run.model; } ///< null: none
    const RoutingShape& shape() const { return m_shape; }
    /// Says what is shown when a recorded run is played and no model is open.
    void describeRecorded(const RoutingShape& shape);

    /// For the open model too: another device opens it again, another context gives it another session.
    void setSettings(const ModelSettings& settings);
    void setSessionError(const QString& sentence);

    Q_INVOKABLE void open(const QUrl& file) { openPath(file.toLocalFile()); }
    Q_INVOKABLE void openPath(const QString& path);
    /// Stays with the model before: ends an opening, or puts a failed one aside.
    Q_INVOKABLE void cancel();

    /// Found relative to the program; empty when it is not there.
    static QString builtInModelPath();

signals:
    void stateChanged();
    void progressChanged();
    /// A model was opened: what it routes.
    void shapeChanged(const RoutingShape& shape);
    /// A model was opened, or is to be run otherwise.
    void runChanged(const ModelRun& run);

private:
    struct Opened {
        conclave::Result<std::shared_ptr<const conclave::Model>> model;
        std::string kernels;
        std::optional<uint64_t> memory; ///< bytes that the device has
    };
    struct Progress {
        std::atomic<quint64> done = 0, total = 0; ///< bytes; written by the worker
    };

    Opened openOn(const QString& device, const QString& path, Progress& progress, const std::stop_token& stop);
    void opened(quint64 ticket, const Opened& opened);
    void planRun(const std::string& kernels, std::optional<uint64_t> memory);
    void showProgress();
    void setState(State state, const QString& error = {});

    const conclave::Engine m_engine;
    const Sampler m_sampler;
    std::optional<conclave::Engine> m_deviceEngine; ///< of the worker; absent: m_engine computes
    ModelSettings m_settings;
    State m_state = NoModel;
    ModelRun m_run;
    std::optional<uint64_t> m_memory; ///< bytes that the run's device has
    RoutingShape m_shape;
    QString m_path, m_runPath; ///< of the newest opening, and of the model that is open
    QString m_description, m_errorText, m_progressText, m_loadingName, m_memoryText, m_sessionError;
    bool m_builtIn = false, m_memoryShort = false;
    double m_progress = 0;
    quint64 m_ticket = 0; ///< of the newest opening; what earlier ones bring is dropped
    std::stop_source m_stop;
    std::shared_ptr<Progress> m_loading;
    QTimer m_progressTimer;
    QThreadPool m_pool; ///< last: its thread ends before the members it reports to
};
