// From the routers to the pixels: answers of the built-in model, recorded as the window records them.
#include <QQuickWindow>
#include <QSignalSpy>
#include <QTest>

#include <filesystem>

#include "base/load_le.hpp"
#include "bridge/replay_backend.hpp"
#include "inspector/color_tables.hpp"
#include "inspector/expert_map_item.hpp"
#include "recorded_answers.hpp"
#include "reference_router.hpp"
#include "routed_rows.hpp"
#include "trace/trace_format.hpp"
#include "traced_picture.hpp"

using namespace Qt::StringLiterals;

namespace
{

constexpr int kTokens = 1000;
constexpr int kPrefillChunk = 64; // what a session takes when it is not told
constexpr double kWeightTolerance = 1e-5;

constexpr std::array kModes{MapModes::Now, MapModes::Fading, MapModes::Total, MapModes::Lift};

/// Tells an inspector what the chat tells it of a run.
void show(Inspector& inspector, const RoutingShape& shape, const QList<RunEvent>& events)
{
    inspector.setShape(shape);
    inspector.beginRun(1);
    for (const RunEvent& event : events) {
        if (const auto* prompt = std::get_if<RunPrompt>(&event.what))
            inspector.addPrompt(*prompt);
        else if (const auto* step = std::get_if<RunStep>(&event.what))
            inspector.addStep(*step);
        else if (const auto* token = std::get_if<RunToken>(&event.what))
            inspector.addToken(*token);
        else if (const auto* end = std::get_if<RunFinished>(&event.what))
            inspector.endRun(*end);
    }
}

/// The events of a recorded run; empty when it does not play.
QList<RunEvent> replayed(const QString& tracePath)
{
    ReplayBackend backend(ReplayBackend::Pace::Fast);
    QSignalSpy loaded(&backend, &ReplayBackend::loaded);
    backend.open(tracePath);
    QList<RunEvent> events;
    if (!loaded.wait())
        return events;
    QObject::connect(&backend, &ChatBackend::eventsReady, &backend, [&] { events += backend.drain(); });
    backend.start({.runId = 1});
    return QTest::qWaitFor([&] { return endOf(events).has_value(); }, 60'000) ? events : QList<RunEvent>();
}

/// The map in a window, as large as it stands there.
struct Map {
    QQuickWindow window;
    ExpertMapItem item;

    Map(Inspector& inspector, MapMode mode)
    {
        inspector.setMode(mode);
        item.setInspector(&inspector);
        item.setProperty("viewWidth", 376);
        item.setProperty("colormap", u"teal"_s);
        item.setProperty("ringColor", QColor(0xb4, 0x53, 0x09));
        item.setProperty("lineColor", QColor(0xe3, 0xe2, 0xdd));
        item.setParentItem(window.contentItem());
        window.resize(400, 300);
        item.setSize({400, 300});
        window.show();
    }
    bool drawn() const
    {
        return QTest::qWaitFor([this] { return !item.image().isNull(); }, 20'000);
    }
};

} // namespace

class TestInspectorRun : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase()
    {
        m_answers = RecordedAnswers::make(kTokens);
        QVERIFY(m_answers);
        QVERIFY(m_answers->generated() >= kTokens);
    }

    void everyRouteIsTheReferenceRouters();
    void everyChoiceIsCountedAndShown();
    void replayShowsTheSameTextAndPicture();
    void pixelsAreTheColourTableOfTheTrace();
    void everyCutOpensToItsLastWholeRecord();

private:
    std::unique_ptr<RecordedAnswers> m_answers;
};

void TestInspectorRun::everyRouteIsTheReferenceRouters()
{
    RoutedRows again(m_answers->model(), m_answers->contextLength(), kPrefillChunk);
    const size_t k = size_t(m_answers->shape().nExpertsUsed);
    quint64 rows = 0, wrongChoices = 0, otherBits = 0;
    double worstWeight = 0, worstMargin = 0;
    for (const RecordedAnswer& answer : m_answers->all()) {
        const bool done = again.computeAgain(answer.trace, [&](const RoutedRow& row) {
            const conclave::TraceToken& token = answer.trace.tokens[size_t(row.position)];
            ++rows;
            otherBits += !std::ranges::equal(row.ids, token.ids) || !std::ranges::equal(row.weights, token.weights) ||
                         !std::ranges::equal(row.margins, token.margins) ||
                         !std::ranges::equal(row.groups, token.groups);
            for (size_t layer = 0; layer < again.moeLayers(); ++layer) {
                const ReferenceRoute route = referenceRoute(again.router(layer), row.inputs[layer]);
                const auto ids = std::span(token.ids).subspan(layer * k, k);
                wrongChoices += !std::ranges::equal(ids, route.ids) || token.groups[layer] != route.groups;
                for (size_t i = 0; i < k; ++i)
                    worstWeight =
                        std::max(worstWeight, std::abs(double(token.weights[layer * k + i]) - route.weights[i]));
                worstMargin = std::max({worstMargin, std::abs(double(token.margins[layer]) - route.margin),
                                        std::abs(double(row.groupMargins[layer]) - route.groupMargin)});
            }
        });
        QVERIFY(done);
    }
    qInfo("%llu rows of %zu answers, %d generated: %llu wrong choices, weights within %.1e, margins within %.1e", rows,
          m_answers->all().size(), m_answers->generated(), wrongChoices, worstWeight, worstMargin);
    QVERIFY(rows >= quint64(kTokens));
    QCOMPARE(otherBits, quint64(0)); // or the inputs looked at are not those of the recorded run
    QCOMPARE(wrongChoices, quint64(0));
    QVERIFY(worstWeight <= kWeightTolerance);
    QVERIFY(worstMargin <= kWeightTolerance);
}

void TestInspectorRun::everyChoiceIsCountedAndShown()
{
    const RoutingShape& shape = m_answers->shape();
    for (const RecordedAnswer& answer : m_answers->all()) {
        const TracedPicture traced(answer.trace);
        const quint64 expected = traced.rows() * quint64(shape.nExpertsUsed) * quint64(shape.moeLayers.size());
        const RunFinished end = *endOf(answer.events);
        QCOMPARE(traced.rows(), quint64(end.nPrompt - end.nCached + end.nGenerated - 1)); // the last is not computed
        QCOMPARE(traced.sum(), expected);
        QCOMPARE(end.sumCounts, expected);
        QCOMPARE(answer.trace.end->sum_counts, expected);

        Inspector inspector;
        show(inspector, shape, answer.events);
        QCOMPARE(inspector.history()->countSum(), expected);
        QVERIFY(inspector.sumHolds());
        const QString shown = QLocale().toString(expected);
        QVERIFY2(inspector.sumText().contains(shown) && inspector.sumText().contains(u'✓'),
                 qPrintable(inspector.sumText()));
        inspector.setTableShown(true);
        quint64 inTable = 0;
        for (int row = 0; row < inspector.table()->rowCount(); ++row)
            inTable += QLocale().toULongLong(inspector.table()->index(row, ExpertTable::Count).data().toString());
        QCOMPARE(inTable, expected);
    }
}

void TestInspectorRun::replayShowsTheSameTextAndPicture()
{
    int broken = 0;
    for (const RecordedAnswer& answer : m_answers->all()) {
        const QList<RunEvent> again = replayed(answer.tracePath);
        QVERIFY(!again.isEmpty());
        QVERIFY(!textOf(answer.events).isEmpty());
        QCOMPARE(textOf(again), textOf(answer.events));
        QCOMPARE(endOf(again)->sumCounts, endOf(answer.events)->sumCounts);
        QCOMPARE(endOf(again)->stop, endOf(answer.events)->stop);

        Inspector live, replay, opened;
        show(live, m_answers->shape(), answer.events);
        show(replay, m_answers->shape(), again);
        opened.setShape(m_answers->shape());
        opened.showMessage(7, answer.tracePath); // an older answer of the chat
        QTRY_COMPARE(opened.state(), Inspector::Ready);
        for (const MapMode mode : kModes) {
            const Map first(live, mode), second(replay, mode), third(opened, mode);
            QVERIFY(first.drawn() && second.drawn() && third.drawn());
            QVERIFY2(second.item.image() == first.item.image(), qPrintable(QString::number(mode)));
            QVERIFY2(third.item.image() == first.item.image(), qPrintable(QString::number(mode)));
        }
        QCOMPARE(replay.sumText(), live.sumText());
        QCOMPARE(opened.sumText(), live.sumText());
        for (Inspector* other : {&replay, &opened}) {
            for (int token = 0; token < 20; ++token, other->stepToken(-1), live.stepToken(-1))
                QCOMPARE(other->tokenTitle(), live.tokenTitle());
            live.followLatest();
        }
        broken += textOf(answer.events).contains(QChar::ReplacementCharacter);
    }
    QVERIFY(broken > 0); // bytes that are no text were among them
}

void TestInspectorRun::pixelsAreTheColourTableOfTheTrace()
{
    const RoutingShape& shape = m_answers->shape();
    int used = 0, unused = 0;
    for (const RecordedAnswer& answer : m_answers->all()) {
        const TracedPicture traced(answer.trace);
        Inspector inspector;
        show(inspector, shape, replayed(answer.tracePath));
        for (const MapMode mode : kModes) {
            const Map map(inspector, mode);
            QVERIFY(map.drawn());
            const ColorTable& table =
                mode == MapModes::Lift ? divergingTable(false) : sequentialTable(Colormap::Teal, false);
            const auto colours = traced.colours(mode, inspector.halfLife());
            for (size_t i = 0; i < colours.size(); ++i) {
                const int layer = shape.moeLayers[qsizetype(i) / shape.nExperts], expert = int(i) % shape.nExperts;
                const QRgb pixel = map.item.image().pixel(map.item.layout().cell(layer, expert).center());
                ++(colours[i] ? used : unused);
                if (pixel != (colours[i] ? table.entries[*colours[i]] : 0))
                    QFAIL(qPrintable(u"mode %1, layer %2, expert %3"_s.arg(mode).arg(layer).arg(expert)));
            }
        }
    }
    qInfo("%d cells of used experts, %d of unused ones", used, unused);
    QVERIFY(used > 0);
}

void TestInspectorRun::everyCutOpensToItsLastWholeRecord()
{
    const auto longest = std::ranges::max_element(
        m_answers->all(), {}, [](const RecordedAnswer& answer) { return QFile(answer.tracePath).size(); });
    QFile file(longest->tracePath);
    QVERIFY(file.open(QFile::ReadOnly));
    const QByteArray whole = file.readAll();
    QVERIFY(whole.size() > 8192);

    // Where each record ends, and how many tokens are whole by then.
    std::vector<std::pair<qsizetype, size_t>> ends;
    size_t tokens = 0;
    for (qsizetype at = 0; at < whole.size(); at = ends.back().first) {
        const auto* record = reinterpret_cast<const uint8_t*>(whole.constData()) + at;
        if (conclave::load_le<uint16_t>(record) == uint16_t(conclave::TraceRecord::tokens))
            tokens += conclave::load_le<uint16_t>(record + conclave::trace_record_head);
        const auto payload = qsizetype(conclave::load_le<uint32_t>(record + 4));
        ends.emplace_back(at + payload + qsizetype(conclave::trace_record_head + conclave::trace_record_tail), tokens);
    }
    QCOMPARE(ends.back().first, whole.size());
    QCOMPARE(ends.back().second, longest->trace.tokens.size());

    QTemporaryDir folder;
    const QString path = folder.filePath(u"cut.ctr"_s);
    QVERIFY(QFile::copy(longest->tracePath, path));
    const std::filesystem::path cut(path.toStdU16String());
    int inside = 0;
    for (qsizetype size = whole.size(); size >= whole.size() - 8192; --size) {
        std::filesystem::resize_file(cut, size_t(size));
        const auto next = std::ranges::upper_bound(ends, size, {}, &std::pair<qsizetype, size_t>::first);
        QVERIFY(next != ends.begin());
        const auto trace = conclave::read_trace(cut);
        const size_t expected = std::prev(next)->second;
        inside += std::prev(next)->first != size;
        if (!trace || trace->tokens.size() != expected || trace->complete != (size == whole.size()) ||
            (expected > 0 && trace->tokens.back().id != longest->trace.tokens[expected - 1].id))
            QFAIL(qPrintable(u"cut to %1 of %2 bytes"_s.arg(size).arg(whole.size())));
    }
    QVERIFY(inside > 8000); // nearly every cut is in the middle of a record
}

QTEST_MAIN(TestInspectorRun)
#include "tst_inspector_run.moc"
