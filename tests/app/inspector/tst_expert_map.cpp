#include "inspector/expert_map_item.hpp"

#include <QQuickWindow>
#include <QSignalSpy>

#include "inspector/routing_metrics.hpp"
#include "inspector_tests.hpp"
#include "synthetic_run.hpp"

namespace
{

double luminance(QRgb rgb)
{
    const auto linear = [](int channel) {
        const double c = channel / 255.0;
        return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(qRed(rgb)) + 0.7152 * linear(qGreen(rgb)) + 0.0722 * linear(qBlue(rgb));
}

RoutingHistory runOf(const RoutingShape& shape, int tokens)
{
    RoutingHistory history(shape);
    synthetic::Router router(shape);
    history.addStep(router.step(0, tokens, true));
    return history;
}

void addShapes()
{
    QTest::addColumn<RoutingShape>("shape");
    QTest::addColumn<int>("width");
    QTest::addColumn<double>("scale");
    QTest::newRow("guide") << synthetic::guide() << 376 << 1.0;
    QTest::newRow("guide, narrow") << synthetic::guide() << 260 << 1.0;
    QTest::newRow("guide, twice the pixels") << synthetic::guide() << 752 << 2.0;
    QTest::newRow("DeepSeek-V3") << synthetic::deepseekV3() << 376 << 1.0;
    QTest::newRow("DeepSeek-V3, wide") << synthetic::deepseekV3() << 1400 << 1.25;
    QTest::newRow("48 x 128") << synthetic::shape(48, 0, 128, 8) << 376 << 1.0;
    QTest::newRow("94 x 128") << synthetic::shape(94, 0, 128, 8) << 376 << 1.5;
    QTest::newRow("384 experts, two shared") << synthetic::shape(61, 1, 384, 8, 1, 1, 2) << 260 << 1.0;
}

struct Shown {
    Inspector inspector;
    QQuickWindow window;
    ExpertMapItem item;

    explicit Shown(const RoutingShape& shape, int tokens = 40)
    {
        inspector.setShape(shape);
        inspector.beginRun(1);
        synthetic::Router router(shape);
        if (tokens > 0)
            inspector.addStep(router.step(0, tokens, true));
        item.setInspector(&inspector);
        item.setProperty("viewWidth", 376);
        item.setProperty("colormap", QStringLiteral("teal"));
        item.setProperty("ringColor", QColor(QStringLiteral("#b45309")));
        item.setProperty("lineColor", QColor(QStringLiteral("#e3e2dd")));
        item.setParentItem(window.contentItem());
        window.resize(400, 300);
        window.show();
        item.setSize({400, 300});
    }
};

} // namespace

void ExpertMapTest::tablesAreMonotone_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("dark");
    for (const char* name : {"teal", "cividis", "viridis", "grey"}) {
        QTest::addRow("%s, light", name) << QString::fromLatin1(name) << false;
        QTest::addRow("%s, dark", name) << QString::fromLatin1(name) << true;
    }
}

void ExpertMapTest::tablesAreMonotone()
{
    QFETCH(QString, name);
    QFETCH(bool, dark);
    const ColorTable& table = sequentialTable(colormapFromName(name), dark);
    for (size_t i = 1; i < 256; ++i) { // low is quiet: lightness moves one way, away from the ground
        const double step = luminance(table.entries[i]) - luminance(table.entries[i - 1]);
        QVERIFY2(dark ? step > -2e-3 : step < 2e-3, qPrintable(QString::number(i)));
    }
    QVERIFY(std::abs(luminance(table.entries[255]) - luminance(table.entries[0])) > 0.4);
    QCOMPARE(table.at(-1), table.entries[0]);
    QCOMPARE(table.at(2), table.entries[255]);
    QCOMPARE(table.at(0.5), table.entries[128]);
}

void ExpertMapTest::divergingIsNeutralInTheMiddle()
{
    for (const bool dark : {false, true}) {
        const ColorTable& table = divergingTable(dark);
        const QRgb neutral = table.at(0.5);
        QVERIFY(std::abs(qRed(neutral) - qBlue(neutral)) < 12);
        QVERIFY(qBlue(table.at(0)) > qRed(table.at(0)));
        QVERIFY(qRed(table.at(1)) > qBlue(table.at(1)));
    }
}

void ExpertMapTest::niceScales()
{
    QCOMPARE(niceCeiling(0.0), 1.0);
    QCOMPARE(niceCeiling(0.61), 0.8);
    QCOMPARE(niceCeiling(0.3), 0.3);
    QCOMPARE(niceCeiling(41), 50.0);
    QCOMPARE(niceCeiling(0.0123), 0.015);
    QCOMPARE(niceCeiling(8.5), 10.0);
}

void ExpertMapTest::planeModes()
{
    const RoutingShape shape = synthetic::guide();
    const RoutingHistory history = runOf(shape, 6); // few tokens: some experts stay unused
    MapPlane plane;
    for (const MapMode mode : {MapModes::Now, MapModes::Fading, MapModes::Total, MapModes::Lift}) {
        fillPlane(history, mode, std::nullopt, plane);
        QCOMPARE(plane.diverging, mode == MapModes::Lift);
        for (size_t i = 0; i < plane.values.size(); ++i)
            QCOMPARE(std::isnan(plane.values[i]), history.counts()[i] == 0); // never is not the same as rare
    }
    QVERIFY(std::count(history.counts().begin(), history.counts().end(), 0u) > 0);

    fillPlane(history, MapModes::Lift, std::nullopt, plane);
    const size_t cell = history.cell(2, history.row(3)->ids[2 * 4]);
    QCOMPARE(plane.values[cell], float(std::log2(double(history.counts()[cell]) * 32 / (4 * 6))));
    fillPlane(history, MapModes::Now, 3, plane);
    QCOMPARE(plane.values[cell], history.row(3)->weights[2 * 4]);
    fillPlane(history, MapModes::Total, 3, plane);
    QCOMPARE(plane.values[cell], float(history.counts()[cell]));
}

void ExpertMapTest::layoutHitsItsOwnCells_data()
{
    addShapes();
}

void ExpertMapTest::layoutHitsItsOwnCells()
{
    QFETCH(RoutingShape, shape);
    QFETCH(int, width);
    QFETCH(double, scale);
    for (const int zoom : {1, 4}) {
        const ExpertMapLayout layout(shape, {width, int(320 * scale), scale, zoom});
        const QRect bounds(QPoint(0, 0), layout.size());
        QRect before;
        for (int layer = 0; layer < layout.layers(); ++layer) {
            for (int column = 0; column < layout.columns(); ++column) {
                const QRect cell = layout.cell(layer, column);
                bool sound = bounds.contains(cell) && (column == 0 || cell.left() > before.right());
                before = cell;
                for (const QPoint point : {cell.topLeft(), cell.bottomRight()}) {
                    const std::optional<MapCell> hit = layout.hit(point);
                    const bool dense = layout.moeIndex(layer) < 0;
                    sound = sound && (dense ? !hit : hit && hit->layer == layer && hit->column == column);
                }
                if (!sound) // one check a cell would cost seconds
                    QFAIL(qPrintable(QStringLiteral("layer %1, column %2").arg(layer).arg(column)));
            }
        }
        QVERIFY(!layout.hit({-1, 0}));
        QVERIFY(!layout.hit({0, layout.size().height()}));
        if (zoom == 1 && shape.nExperts < width)
            QVERIFY(layout.size().width() <= width);
    }
}

void ExpertMapTest::pixelsEqualTheTable_data()
{
    addShapes();
}

void ExpertMapTest::pixelsEqualTheTable()
{
    QFETCH(RoutingShape, shape);
    QFETCH(int, width);
    QFETCH(double, scale);
    const RoutingHistory history = runOf(shape, 12);
    const ExpertMapLayout layout(shape, {width, int(320 * scale), scale, 1});
    const MapInk ink{0xffe3e2dd, 0xffb45309, 0xffdcefec};
    QImage image;
    MapPlane plane;
    for (const MapMode mode : {MapModes::Now, MapModes::Fading, MapModes::Total, MapModes::Lift}) {
        fillPlane(history, mode, std::nullopt, plane);
        const ColorTable& table = plane.diverging ? divergingTable(false) : sequentialTable(Colormap::Teal, false);
        drawMap(image, layout, plane, table, ink, {}, scale);
        QCOMPARE(image.size(), layout.size());
        for (int layer = 0; layer < layout.layers(); ++layer) {
            const int moe = layout.moeIndex(layer);
            for (int column = 0; moe >= 0 && column < layout.columns(); ++column) {
                const QRect cell = layout.cell(layer, column);
                const QRgb inside = image.pixel(cell.center());
                const bool plain = image.pixel(cell.topLeft()) == inside && image.pixel(cell.bottomRight()) == inside;
                if (layout.isShared(column)) {
                    QVERIFY(plain && inside == ink.shared);
                    continue;
                }
                const float value = plane.values[history.cell(moe, column)];
                if (std::isnan(value)) {
                    QVERIFY(inside != table.at(0) && image.pixel(cell.topLeft()) != table.at(0));
                    QCOMPARE(image.pixel(cell.topLeft()), layout.outlines() ? ink.line : 0);
                    continue;
                }
                const auto index = std::clamp((double(value) - plane.low) / (plane.high - plane.low), 0.0, 1.0) * 255;
                if (!plain || inside != table.entries[size_t(std::lround(index))])
                    QFAIL(qPrintable(QStringLiteral("mode %1, layer %2, expert %3").arg(mode).arg(layer).arg(column)));
            }
        }
    }
}

void ExpertMapTest::ringsSurroundAllChosen()
{
    const RoutingShape shape = synthetic::guide();
    const RoutingHistory history = runOf(shape, 40);
    const ExpertMapLayout layout(shape, {376, 208, 1, 1});
    const MapInk ink{0xffe3e2dd, 0xffb45309, 0xffdcefec};
    MapPlane plane;
    fillPlane(history, MapModes::Total, std::nullopt, plane);
    const ColorTable& table = sequentialTable(Colormap::Teal, false);
    QList<MapCell> ringed;
    const RouteRow row = *history.row(39);
    for (size_t i = 0; i < row.ids.size(); ++i)
        ringed += {shape.moeLayers[qsizetype(i / 4)], row.ids[i]};
    QImage image;
    drawMap(image, layout, plane, table, ink, ringed, 1);
    for (const MapCell& at : ringed) {
        const QRect cell = layout.cell(at.layer, at.column);
        QCOMPARE(image.pixel(cell.topLeft()), ink.ring);
        QCOMPARE(image.pixel(cell.left() - 1, cell.center().y()), ink.ring);
        const float value = plane.values[history.cell(at.layer - 1, at.column)];
        QCOMPARE(image.pixel(cell.center()), table.at(plane.share(value))); // the data stays visible inside
    }
}

void ExpertMapTest::itemDrawsAndSpeaks()
{
    Shown shown(synthetic::guide());
    QTRY_VERIFY(!shown.item.image().isNull());
    const std::shared_ptr<const RoutingHistory> history = shown.inspector.history();
    QVERIFY(shown.item.implicitWidth() <= 376);
    QCOMPARE(shown.item.layerTicks().size(), 7);
    QCOMPARE(shown.item.expertTicks().first().text, QStringLiteral("0"));
    shown.inspector.setMode(MapModes::Total);
    QTRY_VERIFY(shown.item.plane().values == std::vector<float>(history->counts().begin(), history->counts().end()) ||
                std::any_of(shown.item.plane().values.begin(), shown.item.plane().values.end(),
                            [](float v) { return std::isnan(v); }));

    const quint32 count = history->counts()[history->cell(2, 7)];
    const QString text = shown.item.valueText(3, 7);
    QVERIFY2(count == 0 ? text.contains(QStringLiteral("not used"))
                        : text.contains(QStringLiteral("%1 of 40 tokens").arg(count)),
             qPrintable(text));
    QVERIFY(text.startsWith(QStringLiteral("Layer 3, expert 7, group 0")));
    QVERIFY(shown.item.valueText(0, 7).contains(QStringLiteral("dense")));
    QVERIFY(shown.item.valueText(3, 32).contains(QStringLiteral("shared expert")));
    QVERIFY(shown.item.valueText(99, 0).isEmpty());

    // What the window shows is what was drawn: the texture is not scaled or tinted.
    const QImage window = shown.window.grabWindow();
    const QRect cell = shown.item.layout().cell(4, 9);
    QCOMPARE(window.devicePixelRatio(), 1.0);
    const QRgb drawn = shown.item.image().pixel(cell.center());
    if (qAlpha(drawn) == 255)
        QCOMPARE(window.pixel(cell.center()), drawn);
}

void ExpertMapTest::keyboardWalksTheMap()
{
    Shown shown(synthetic::guide());
    QTRY_VERIFY(!shown.item.image().isNull());
    shown.window.requestActivate();
    shown.item.forceActiveFocus(Qt::TabFocusReason);
    QTRY_VERIFY(shown.item.hasActiveFocus());
    QTRY_VERIFY(shown.item.hasCursor()); // focus by Tab puts it on the first cell
    QVERIFY(shown.item.cursorText().startsWith(QStringLiteral("Layer 1, expert 0")));
    QTest::keyClick(&shown.window, Qt::Key_Right);
    QTest::keyClick(&shown.window, Qt::Key_Down);
    QVERIFY(shown.item.cursorText().startsWith(QStringLiteral("Layer 2, expert 1")));
    QTest::keyClick(&shown.window, Qt::Key_Up);
    QTest::keyClick(&shown.window, Qt::Key_Up); // layer 0 is dense: stays
    QVERIFY(shown.item.cursorText().startsWith(QStringLiteral("Layer 1, expert 1")));
    QTest::keyClick(&shown.window, Qt::Key_End);
    QVERIFY(shown.item.cursorText().contains(QStringLiteral("shared expert")));
    QTest::keyClick(&shown.window, Qt::Key_Home, Qt::ControlModifier);
    QTest::keyClick(&shown.window, Qt::Key_Down);
    QTest::keyClick(&shown.window, Qt::Key_Return);
    QCOMPARE(shown.inspector.layer(), 1); // row of the arrays: layer 2
    QCOMPARE(shown.inspector.layerText(), QStringLiteral("layer 2"));
    const double narrow = shown.item.implicitWidth();
    QTest::keyClick(&shown.window, Qt::Key_Plus);
    QTRY_VERIFY(shown.item.implicitWidth() > 1.5 * narrow);
    const QPoint middle = shown.item.cursorRect().center().toPoint();
    QTest::mouseMove(&shown.window, middle);
    QTRY_VERIFY(shown.item.cursorText().startsWith(QStringLiteral("Layer 2, expert 0")));
}
