#include "system/help_model.hpp"

#include <QFile>
#include <QKeySequence>
#include <QRegularExpression>
#include <QTest>

#include <algorithm>

namespace
{

QString source(const char* path)
{
    QFile file(QStringLiteral(CONCLAVE_SOURCE_DIR) + QString::fromUtf8(path));
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

} // namespace

class TestHelpModel : public QObject
{
    Q_OBJECT
private slots:
    void hasTopicsAndFindsThem()
    {
        HelpModel help(QStringLiteral(CONCLAVE_SOURCE_DIR "/resources/help/facts.json"));
        const int all = help.rowCount();
        QVERIFY(all > 40);
        help.setQuery(QStringLiteral("router"));
        QVERIFY(help.rowCount() > 0);
        QVERIFY(help.rowCount() < all);
        for (int row = 0; row < help.rowCount(); ++row) {
            const QModelIndex index = help.index(row);
            const QString text =
                index.data(HelpModel::TitleRole).toString() + index.data(HelpModel::BodyRole).toString();
            QVERIFY(text.contains(QStringLiteral("router"), Qt::CaseInsensitive));
        }
        help.setQuery(QString());
        QCOMPARE(help.rowCount(), all);
    }

    void namesTheKeysThatChooseTokens()
    {
        const HelpModel help(QStringLiteral(CONCLAVE_SOURCE_DIR "/resources/help/facts.json"));
        const QString view = source("/ui/chat/ConversationView.qml");
        for (const QString& key : {QStringLiteral("Left"), QStringLiteral("Right")}) {
            const auto named = [&](const HelpModel::Shortcut& shortcut) {
                return shortcut.keys == key && shortcut.action.contains(QStringLiteral("token"));
            };
            QVERIFY(std::ranges::any_of(help.shortcuts(), named));
            QVERIFY(view.contains(QStringLiteral("case Qt.Key_%1: root.stepToken(").arg(key)));
        }
    }

    /// Help, README and the built-in model promise these keys: each must be bound somewhere in the window.
    void everyShortcutExists()
    {
        const HelpModel help(QStringLiteral(CONCLAVE_SOURCE_DIR "/resources/help/facts.json"));
        QVERIFY(help.shortcuts().size() > 15);
        const QString window =
            source("/ui/Main.qml") + source("/ui/Shortcuts.qml") + source("/ui/chat/ConversationView.qml");
        const QString composer = source("/ui/composer/Composer.qml");
        const QString chats = source("/ui/chats/ChatRow.qml") + source("/ui/chats/ChatsPane.qml");
        const QString map = source("/app/inspector/expert_map_cursor.cpp");
        for (const HelpModel::Shortcut& shortcut : help.shortcuts()) {
            const QString keys = shortcut.keys;
            const bool inWindow = window.contains(QStringLiteral("sequence: \"%1\"").arg(keys));
            const QString last = keys.section(u'+', -1);
            const QRegularExpression handler(QStringLiteral("Key_%1\\b|Keys\\.on%1Pressed")
                                                 .arg(last == u"Enter" ? QStringLiteral("(Enter|Return)") : last));
            const bool inHandlers = window.contains(handler) || composer.contains(handler) || chats.contains(handler) ||
                                    map.contains(handler);
            const bool arrows = keys.contains(QStringLiteral("rrow")) && map.contains(QStringLiteral("Key_Left"));
            QVERIFY2(inWindow || inHandlers || arrows, qPrintable(keys));
        }
    }
};

QTEST_GUILESS_MAIN(TestHelpModel)
#include "tst_help_model.moc"
