#include "inspector/inspector.hpp"

#include <QMetaObject>

#include <filesystem>

#include "bridge/sentence.hpp"
#include "inspector/route_text.hpp"
#include "inspector/routing_metrics.hpp"
#include "inspector/trace_history.hpp"

namespace
{
constexpr int kRefreshMs = 33;   ///< the map moves at most 30 times a second
constexpr int kFiguresEvery = 6; ///< refreshes
constexpr int kTableEvery = 15;  ///< refreshes
} // namespace

Inspector::Inspector(QObject* parent) : QObject(parent), m_live(std::make_shared<RoutingHistory>(RoutingShape{}))
{
    m_pool.setMaxThreadCount(1);
    m_refresh.setSingleShot(true);
    m_refresh.setInterval(kRefreshMs);
    connect(&m_refresh, &QTimer::timeout, this, &Inspector::refresh);
    connect(&m_chance, &ChanceBands::ready, this, &Inspector::refreshFigures);
}

Inspector::~Inspector()
{
    m_pool.waitForDone();
}

void Inspector::setShape(const RoutingShape& shape)
{
    m_hasModel = shape.nLayers > 0;
    m_shape = shape;
    if (m_live->rows() == 0) {
        m_live = std::make_shared<RoutingHistory>(shape);
        m_live->setHalfLife(m_halfLife);
    }
    if (showsOlder())
        return;
    settleState();
    showHistory();
}

/// Begins an empty history, of a run or of none.
void Inspector::startLive(std::optional<qint64> messageId)
{
    m_live = std::make_shared<RoutingHistory>(m_shape);
    m_live->setHalfLife(m_halfLife);
    m_liveMessage = messageId;
    m_loaded.reset();
    m_loadedMessage.reset();
    ++m_ticket;
    m_selected.reset();
    settleState();
    showHistory();
}

void Inspector::beginRun(qint64 messageId)
{
    startLive(messageId);
}

void Inspector::clear()
{
    startLive(std::nullopt);
}

void Inspector::addPrompt(const RunPrompt& prompt)
{
    m_live->addPrompt(prompt);
}

void Inspector::addStep(const RunStep& step)
{
    m_live->addStep(step);
    scheduleRefresh();
}

void Inspector::addToken(const RunToken& token)
{
    m_live->addToken(token);
    scheduleRefresh();
}

void Inspector::endRun(const RunFinished& finished)
{
    m_live->setEngineSum(finished.sumCounts);
    m_ticks = 0; // the figures of the last tokens too
    scheduleRefresh();
}

void Inspector::showToken(qint64 messageId, const QString& tracePath, int position)
{
    load(messageId, tracePath, position);
}

void Inspector::showMessage(qint64 messageId, const QString& tracePath)
{
    load(messageId, tracePath, std::nullopt);
}

void Inspector::load(qint64 messageId, const QString& tracePath, std::optional<int> position)
{
    const quint64 ticket = ++m_ticket;
    m_selected = position;
    if (m_liveMessage == messageId || (m_loaded && m_loadedMessage == messageId)) {
        if (m_liveMessage == messageId) {
            m_loaded.reset();
            m_loadedMessage.reset();
        }
        settleState();
        return showHistory();
    }
    m_loaded.reset();
    m_loadedMessage = messageId;
    if (tracePath.isEmpty())
        return setState(Unrecorded, tr("No routing was recorded with this answer."));
    setState(Loading);
    m_pool.start([this, ticket, tracePath, halfLife = m_halfLife] {
        Loaded loaded;
        const std::filesystem::path path(tracePath.toStdU16String());
        const auto trace = conclave::read_trace(path);
        std::error_code unknown; // counts as not found
        loaded.found = trace || std::filesystem::exists(path, unknown);
        if (trace)
            loaded.history = historyOf(*trace, halfLife);
        else
            loaded.error = sentenceOf(trace.error());
        QMetaObject::invokeMethod(this, [this, ticket, loaded] { loadDone(ticket, loaded); }, Qt::QueuedConnection);
    });
}

void Inspector::loadDone(quint64 ticket, const Loaded& loaded)
{
    if (ticket != m_ticket)
        return;
    if (!loaded.found)
        return setState(Unrecorded,
                        tr("The routing of this answer is not kept any more: the oldest recordings give way to "
                           "new ones."));
    if (!loaded.history)
        return setState(Failed, loaded.error);
    m_loaded = loaded.history;
    m_loaded->setHalfLife(m_halfLife);
    m_state = Ready;
    settleState();
    showHistory();
}

void Inspector::followLatest()
{
    m_selected.reset();
    refreshToken();
    emit mapChanged();
}

void Inspector::stepToken(int delta)
{
    const std::optional<int> at = position();
    if (!at || delta == 0)
        return;
    const std::optional<int> next = shown()->neighbour(*at, delta);
    if (!next)
        return;
    m_selected = next;
    refreshToken();
    emit mapChanged();
    if (const auto message = m_loaded ? m_loadedMessage : m_liveMessage)
        emit tokenShown(*message, *next);
}

std::optional<int> Inspector::position() const
{
    return m_selected ? m_selected : shown()->lastPosition();
}

void Inspector::settleState()
{
    if (m_loaded)
        return setState(m_loaded->moeLayers() == 0 ? Dense : m_loaded->rows() == 0 ? Empty : Ready);
    if (!m_hasModel)
        return setState(NoModel);
    setState(m_live->moeLayers() == 0 ? Dense : m_live->rows() == 0 ? Empty : Ready);
}

void Inspector::setState(State state, const QString& detail)
{
    if (state == m_state && detail == m_stateDetail)
        return;
    m_state = state;
    m_stateDetail = detail;
    emit stateChanged();
}

QString Inspector::stateText() const
{
    switch (m_state) {
    case NoModel:
        return tr("Open a model to see its experts.");
    case Dense:
        return tr("This model has no experts: every token runs through all of it.");
    case Empty:
        return tr("Routing appears here while the model answers.");
    case Loading:
        return tr("Reading the routing of this answer…");
    case Unrecorded:
    case Failed:
        return m_stateDetail;
    case Ready:
        break;
    }
    return {};
}

void Inspector::showHistory()
{
    m_layer = std::clamp(m_layer, 0, std::max(0, shown()->moeLayers() - 1));
    m_table.setHistory(shown());
    emit stateChanged(); // the shape may differ in the same state
    refreshToken();
    refreshFigures();
    emit mapChanged();
}

void Inspector::scheduleRefresh()
{
    if (m_active && !showsOlder() && !m_refresh.isActive())
        m_refresh.start();
}

void Inspector::refresh()
{
    if (m_state == Empty)
        settleState();
    if (!m_selected)
        refreshToken();
    if (m_ticks % kFiguresEvery == 0)
        refreshFigures();
    if (m_ticks % kTableEvery == 0 && m_tableShown)
        m_table.refresh();
    ++m_ticks;
    emit mapChanged();
}

void Inspector::refreshToken()
{
    const std::optional<int> at = position();
    m_routes.show(*shown(), at ? shown()->row(*at) : std::nullopt, m_layer);
    emit tokenChanged();
}

void Inspector::refreshFigures()
{
    const RoutingHistory& history = *shown();
    const std::optional<BalanceFigures> figures = balanceOf(history);
    m_balance.show(history.shape(), figures,
                   figures ? m_chance.at(nullOf(history.shape()), figures->tokens) : std::nullopt);
    emit figuresChanged();
}

void Inspector::setActive(bool active)
{
    if (active == m_active)
        return;
    m_active = active;
    emit activeChanged();
    if (active) {
        m_ticks = 0;
        refresh();
    }
}

void Inspector::setTableShown(bool shown)
{
    if (shown == m_tableShown)
        return;
    m_tableShown = shown;
    if (shown)
        m_table.refresh();
    emit tableShownChanged();
}

void Inspector::setMode(int mode)
{
    if (mode == m_mode || mode < MapModes::Now || mode > MapModes::Lift)
        return;
    m_mode = mode;
    emit modeChanged();
    emit mapChanged();
}

void Inspector::setHalfLife(int tokens)
{
    if (tokens == m_halfLife || tokens < 1)
        return;
    m_halfLife = tokens;
    m_live->setHalfLife(tokens);
    if (m_loaded)
        m_loaded->setHalfLife(tokens);
    emit modeChanged();
    emit mapChanged();
}

void Inspector::setLayer(int layer)
{
    layer = std::clamp(layer, 0, std::max(0, layerCount() - 1));
    if (layer == m_layer)
        return;
    m_layer = layer;
    refreshToken();
}

int Inspector::layerCount() const
{
    return shown()->moeLayers();
}

QString Inspector::layerText() const
{
    return m_layer < layerCount() ? tr("layer %1").arg(shown()->shape().moeLayers[m_layer]) : QString();
}

QString Inspector::tokenTitle() const
{
    const std::optional<int> at = position();
    const TokenInfo* token = at ? shown()->token(*at) : nullptr;
    return token ? RouteText::tokenTitle(*token) : QString();
}

QString Inspector::tokenDetail() const
{
    const std::optional<int> at = position();
    const TokenInfo* token = at ? shown()->token(*at) : nullptr;
    return token ? RouteText::tokenDetail(*at, *token) : QString();
}

QString Inspector::routeNote() const
{
    const std::optional<int> at = position();
    if (!at || m_layer >= layerCount())
        return {};
    const std::optional<RouteRow> row = shown()->row(*at);
    if (!row) {
        if (shown()->lastPosition() && *at > *shown()->lastPosition())
            return tr("The newest token has no routes yet: it goes through the model only to make the next one.");
        if (shown()->wasDropped(*at))
            return tr("This answer is so long that the routes of its oldest tokens are not kept in memory.");
        return tr("This run did not compute this token, so it has no routes: it was reused from an earlier turn.");
    }
    const RoutingShape& shape = shown()->shape();
    const QString groups = RouteText::groups(row->groups[size_t(m_layer)], shape.nGroup, shape.topkGroup);
    const QString margin = RouteText::margin(row->margins[size_t(m_layer)]);
    return groups.isEmpty() ? margin : tr("%1 · %2").arg(margin, groups);
}

QString Inspector::tokensText() const
{
    return RouteText::tokens(*shown());
}

QString Inspector::sumText() const
{
    return RouteText::sum(*shown());
}

bool Inspector::sumHolds() const
{
    return RouteText::sumHolds(*shown());
}

QString Inspector::ruleText() const
{
    const RoutingShape& shape = shown()->shape();
    if (shape.routingRule.isEmpty())
        return {};
    return shape.routingRuleSource.isEmpty() ? shape.routingRule
                                             : tr("%1 (from %2)").arg(shape.routingRule, shape.routingRuleSource);
}
