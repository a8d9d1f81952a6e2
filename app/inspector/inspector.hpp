#pragma once

#include <QObject>
#include <QThreadPool>
#include <QTimer>
#include <QtQml/qqmlregistration.h>

#include <memory>

#include "inspector/balance_model.hpp"
#include "inspector/chance_bands.hpp"
#include "inspector/expert_table.hpp"
#include "inspector/map_mode.hpp"
#include "inspector/token_routes.hpp"

/// The routing of one answer, as the inspector's pane shows it: the running one, or an older one read from its trace.
/// A step costs its rows' picks and one timer check; views are told at most 30 times a second, figures 5 times, the
/// table twice, and none while the pane is not `active`. GUI thread; traces are read on a worker.
class Inspector : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("made in main.cpp")
    Q_PROPERTY(State state READ state NOTIFY stateChanged)
    Q_PROPERTY(QString stateText READ stateText NOTIFY stateChanged)
    Q_PROPERTY(bool active READ isActive WRITE setActive NOTIFY activeChanged)
    Q_PROPERTY(bool tableShown READ tableShown WRITE setTableShown NOTIFY tableShownChanged)
    Q_PROPERTY(int mode READ mode WRITE setMode NOTIFY modeChanged)
    Q_PROPERTY(int halfLife READ halfLife WRITE setHalfLife NOTIFY modeChanged)
    Q_PROPERTY(int layer READ layer WRITE setLayer NOTIFY tokenChanged)
    Q_PROPERTY(int layerCount READ layerCount NOTIFY stateChanged)
    Q_PROPERTY(QString layerText READ layerText NOTIFY tokenChanged)
    Q_PROPERTY(bool followsLatest READ followsLatest NOTIFY tokenChanged)
    Q_PROPERTY(QString tokenTitle READ tokenTitle NOTIFY tokenChanged)
    Q_PROPERTY(QString tokenDetail READ tokenDetail NOTIFY tokenChanged)
    Q_PROPERTY(QString routeNote READ routeNote NOTIFY tokenChanged)
    Q_PROPERTY(QString tokensText READ tokensText NOTIFY figuresChanged)
    Q_PROPERTY(QString sumText READ sumText NOTIFY figuresChanged)
    Q_PROPERTY(bool sumHolds READ sumHolds NOTIFY figuresChanged)
    Q_PROPERTY(QString ruleText READ ruleText NOTIFY stateChanged)
    Q_PROPERTY(TokenRoutes* routes READ routes CONSTANT)
    Q_PROPERTY(BalanceModel* balance READ balance CONSTANT)
    Q_PROPERTY(ExpertTable* table READ table CONSTANT)
public:
    enum State {
        NoModel,    ///< nothing opened yet
        Dense,      ///< a model without experts
        Empty,      ///< no token yet
        Loading,    ///< reading a trace
        Unrecorded, ///< an answer without a trace, or without one any more
        Failed,     ///< an answer whose trace cannot be read; stateText says why
        Ready,
    };
    Q_ENUM(State)

    explicit Inspector(QObject* parent = nullptr);
    ~Inspector() override;

    // What the chat tells it.
    /// The routing of runs to come. An answer that is shown stays: it was routed as its own model does.
    void setShape(const RoutingShape& shape);
    void beginRun(qint64 messageId);
    void addPrompt(const RunPrompt& prompt);
    void addStep(const RunStep& step);
    void addToken(const RunToken& token);
    void endRun(const RunFinished& finished);
    /// Shows one token of an answer; reads its trace unless that answer is the newest run or already read.
    void showToken(qint64 messageId, const QString& tracePath, int position);
    void showMessage(qint64 messageId, const QString& tracePath);
    void clear();

    // What the pane asks.
    State state() const { return m_state; }
    QString stateText() const;
    bool isActive() const { return m_active; }
    void setActive(bool active);
    bool tableShown() const { return m_tableShown; }
    void setTableShown(bool shown);
    int mode() const { return m_mode; } ///< a MapMode
    void setMode(int mode);
    int halfLife() const { return m_halfLife; } ///< tokens
    void setHalfLife(int tokens);
    int layer() const { return m_layer; } ///< row of the routing arrays: MoE layers only
    void setLayer(int layer);
    int layerCount() const;
    QString layerText() const;
    bool followsLatest() const { return !m_selected; }
    QString tokenTitle() const;
    QString tokenDetail() const;
    QString routeNote() const; ///< the margin and the open groups; or why there are no routes
    QString tokensText() const;
    QString sumText() const;
    bool sumHolds() const;
    QString ruleText() const;
    TokenRoutes* routes() { return &m_routes; }
    BalanceModel* balance() { return &m_balance; }
    ExpertTable* table() { return &m_table; }

    Q_INVOKABLE void stepToken(int delta);
    Q_INVOKABLE void stepLayer(int delta) { setLayer(m_layer + delta); }
    /// Back to the newest token of the answer shown.
    Q_INVOKABLE void followLatest();

    /// What is shown; never null. `position` is the selected token or the newest.
    std::shared_ptr<const RoutingHistory> history() const { return shown(); }
    std::optional<int> position() const;

signals:
    void stateChanged();
    void activeChanged();
    void tableShownChanged();
    void modeChanged();
    void tokenChanged();
    void figuresChanged();
    /// The map's data, shape, mode or token changed; at most 30 times a second while tokens arrive.
    void mapChanged();
    /// The user went to another token here; views of the text may follow.
    void tokenShown(qint64 messageId, int position);

private:
    struct Loaded {
        std::shared_ptr<RoutingHistory> history; ///< null: not read
        bool found = false;                      ///< there is a file
        QString error;
    };

    const std::shared_ptr<RoutingHistory>& shown() const { return m_loaded ? m_loaded : m_live; }
    /// An older answer is shown, or looked for in vain.
    bool showsOlder() const { return m_loadedMessage.has_value(); }
    void startLive(std::optional<qint64> messageId);
    void load(qint64 messageId, const QString& tracePath, std::optional<int> position);
    void loadDone(quint64 ticket, const Loaded& loaded);
    void select(std::optional<int> position);
    void showHistory();
    void settleState();
    void setState(State state, const QString& detail = {});
    void scheduleRefresh();
    void refresh();
    void refreshToken();
    void refreshFigures();

    RoutingShape m_shape; ///< of the model that is open
    std::shared_ptr<RoutingHistory> m_live, m_loaded;
    std::optional<qint64> m_liveMessage, m_loadedMessage;
    std::optional<int> m_selected;
    State m_state = NoModel;
    QString m_stateDetail;
    bool m_active = true, m_tableShown = false, m_hasModel = false;
    int m_mode = MapModes::Fading, m_halfLife = 32, m_layer = 0;
    int m_ticks = 0;
    quint64 m_ticket = 0; ///< of the newest load; older answers are dropped
    QTimer m_refresh;
    TokenRoutes m_routes;
    BalanceModel m_balance;
    ExpertTable m_table;
    ChanceBands m_chance;
    QThreadPool m_pool; ///< last: its threads end before the members they report to
};
