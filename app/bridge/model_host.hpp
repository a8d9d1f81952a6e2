#pragma once

#include <QObject>
#include <QString>
#include <QThreadPool>
#include <QTimer>
#include <QUrl>
#include <QtQml/qqmlregistration.h>

#include <atomic>
#include <memory>
#include <stop_token>

#include "bridge/run_events.hpp"
#include "conclave/result.hpp"

namespace conclave
{
class Engine;
class Model;
} // namespace conclave

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

    /// `engine` must outlive it.
    explicit ModelHost(const conclave::Engine& engine, QObject* parent = nullptr);
    ~ModelHost() override;

    State state() const { return m_state; }
    QString name() const { return m_shape.modelName; }
    QString description() const { return m_description; } ///< one line: family, size, experts, precision
    bool isBuiltIn() const { return m_builtIn; }
    int contextLength() const { return m_contextLength; } ///< tokens a chat can have; 0: no model
    QString errorText() const { return m_errorText; }
    double progress() const { return m_progress; } ///< 0 to 1
    QString progressText() const { return m_progressText; }

    const std::shared_ptr<const conclave::Model>& model() const { return m_model; } ///< null: none
    const RoutingShape& shape() const { return m_shape; }
    /// Says what is shown when a recorded run is played and no model is open.
    void describeRecorded(const RoutingShape& shape);

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

private:
    using Opened = conclave::Result<std::shared_ptr<const conclave::Model>>;
    struct Progress {
        std::atomic<quint64> done = 0, total = 0; ///< bytes; written by the worker
    };

    void opened(quint64 ticket, const QString& path, const Opened& result);
    void showProgress();
    void setState(State state, const QString& error = {});

    const conclave::Engine& m_engine;
    State m_state = NoModel;
    std::shared_ptr<const conclave::Model> m_model;
    RoutingShape m_shape;
    QString m_description, m_errorText, m_progressText, m_loadingName;
    bool m_builtIn = false;
    int m_contextLength = 0;
    double m_progress = 0;
    quint64 m_ticket = 0; ///< of the newest opening; what earlier ones bring is dropped
    std::stop_source m_stop;
    std::shared_ptr<Progress> m_loading;
    QTimer m_progressTimer;
    QThreadPool m_pool; ///< last: its thread ends before the members it reports to
};
