#include <QAccessible>
#include <QClipboard>
#include <QGuiApplication>
#include <QQmlEngine>
#include <QQuickItem>
#include <QQuickView>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>
#include <memory>

#include "chat/conversation_model.hpp"
#include "chat/conversation_text_item.hpp"

using namespace Qt::StringLiterals;

/// The conversation as a person uses it: by mouse, by keys, while an answer streams.
class TestConversationView : public QObject
{
    Q_OBJECT

    std::unique_ptr<ConversationModel> m_model;
    std::unique_ptr<QQuickView> m_view;

    static Message message(qint64 id, Author author, const QString& text, MessageState state = MessageState::Complete)
    {
        Message m;
        m.id = id;
        m.author = author;
        m.text = text;
        m.state = state;
        return m;
    }

    void stream(const QString& text)
    {
        RunToken token;
        token.position = 7 + static_cast<int>(m_model->rowCount());
        token.text = text;
        m_model->appendTokens(2, {&token, 1});
    }

    template <class T>
    QList<T*> items() const
    {
        QList<T*> found;
        QList<QQuickItem*> open{m_view->rootObject()};
        while (!open.isEmpty()) {
            QQuickItem* item = open.takeLast();
            if (!item->isVisible())
                continue;
            if (auto* match = qobject_cast<T*>(item))
                found.append(match);
            open.append(item->childItems());
        }
        return found;
    }

    QQuickItem* rowItem(int row) const
    {
        QQuickItem* item = nullptr;
        for (QQuickItem* list : items<QQuickItem>()) {
            if (list->inherits("QQuickListView"))
                QMetaObject::invokeMethod(list, "itemAtIndex", Q_RETURN_ARG(QQuickItem*, item), Q_ARG(int, row));
        }
        return item;
    }

    ConversationTextItem* textWith(const QString& text) const
    {
        for (ConversationTextItem* item : items<ConversationTextItem>()) {
            if (item->content()->text.contains(text))
                return item;
        }
        return nullptr;
    }

private slots:
    void init()
    {
        m_model = std::make_unique<ConversationModel>();
        m_view = std::make_unique<QQuickView>();
        m_view->engine()->addImportPath(u"qrc:/qt/qml"_s);
        m_view->setInitialProperties({{u"conversation"_s, QVariant::fromValue(m_model.get())},
                                      {u"chat"_s, QVariant::fromValue<QObject*>(nullptr)},
                                      {u"settings"_s, QVariant::fromValue<QObject*>(nullptr)}});
        m_view->setResizeMode(QQuickView::SizeRootObjectToView);
        m_view->resize(748, 600);
        m_view->loadFromModule("Conclave.Chat", "ConversationView");
        QCOMPARE(m_view->status(), QQuickView::Ready);
        m_view->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_view.get()));
    }

    void cleanup()
    {
        m_view.reset();
        m_model.reset();
    }

    void aClickOnAWordChoosesItsToken()
    {
        m_model->setMessages({message(2, Author::Assistant, {}, MessageState::Streaming)});
        for (const QString& piece : {u"The"_s, u" **map"_s, u"** of"_s, u" experts"_s}) {
            RunToken token;
            token.position = 40 + static_cast<int>(piece.size());
            token.text = piece;
            m_model->appendTokens(2, {&token, 1});
        }
        ConversationTextItem* text = nullptr;
        QVERIFY(QTest::qWaitFor([&] { return (text = textWith(u"experts"_s)) != nullptr; }));
        QSignalSpy activated(m_model.get(), &ConversationModel::tokenActivated);
        const auto at = static_cast<int>(text->content()->text.indexOf(u"experts"_s)) + 2;
        const QPointF point = text->mapToScene(text->rectangleAt(at).center());
        QTest::mouseClick(m_view.get(), Qt::LeftButton, {}, point.toPoint());
        QCOMPARE(activated.size(), 1);
        QCOMPARE(activated[0][1].toInt(), 48);
        QCOMPARE(m_model->selectedPosition(), 48);
    }

    void textIsSelectedAndCopied()
    {
        m_model->setMessages({message(2, Author::Assistant, u"One *two* three"_s)});
        ConversationTextItem* text = nullptr;
        QVERIFY(QTest::qWaitFor([&] { return (text = textWith(u"three"_s)) != nullptr; }));
        const QPoint inTwo = text->mapToScene(text->rectangleAt(5).center()).toPoint();
        QTest::mouseDClick(m_view.get(), Qt::LeftButton, {}, inTwo);
        QCOMPARE(text->selectedText(), u"two"_s);
        QTest::keySequence(m_view.get(), QKeySequence::Copy);
        QCOMPARE(QGuiApplication::clipboard()->text(), u"two"_s);
    }

    /// The line that grows is laid out in parts: nothing of that may be seen, and every character is where it would be.
    void aStreamedAnswerLooksLikeALoadedOne()
    {
        QString text = u"# A *title* of `code`\n\nمرحبا بالعالم\n\n"_s;
        for (int i = 0; i < 130; ++i)
            text += i % 9 == 3   ? u" **bold words** and"_s
                    : i % 9 == 7 ? u" `top_k` well-known"_s
                    : i == 77    ? u" 中文字符 עברית a\u0301"_s
                                 : u" Te To AVA experts -> 1"_s;
        for (int i = 0; i < 8; ++i)
            text +=
                u"\n"_s + QString(i % 4 * 2, u' ') + u"- [x] task `a` of **several** words, so that one line is full"_s;
        text += u"\n\n> quoted *words* that go on and on until the line is full and the next begins\n\nend"_s;
        for (const int width : {748, 460}) {
            m_view->resize(width, 2000); // all of it: nothing scrolls
            const auto picture = [&] {   // of all above the foot, whose figures differ
                QTest::qWait(60);
                m_view->rootObject()->setVisible(false); // painted anew: a part may leave the edge of a letter behind
                QTest::qWait(20);
                m_view->rootObject()->setVisible(true);
                QTest::qWait(20);
                const ConversationTextItem* last = textWith(u"end"_s);
                const int bottom = last ? static_cast<int>(last->mapToScene({0, last->height()}).y()) : 0;
                return m_view->grabWindow().copy(0, 0, width, bottom);
            };
            m_model->clear();
            m_model->setMessages({message(2, Author::Assistant, text)});
            const QImage loaded = picture();
            QVERIFY(loaded.height() > 800);
            QList<QRectF> places;
            const auto everyPlace = [&] {
                QList<QRectF> all;
                for (int row = 0; row < m_model->rowCount(); ++row) {
                    const auto* item = qobject_cast<ConversationTextItem*>(rowItem(row));
                    for (int at = 0; item && at < item->content()->text.size(); ++at)
                        all << item->rectangleAt(at).translated(item->mapToScene({}));
                }
                return all;
            };
            places = everyPlace();
            for (const int size : {1, 4, 11, 200}) {
                m_model->clear();
                m_model->setMessages({message(2, Author::Assistant, {}, MessageState::Streaming)});
                for (qsizetype at = 0; at < text.size(); at += size) {
                    stream(text.mid(at, size));
                    QCoreApplication::processEvents();
                }
                m_model->finish(message(2, Author::Assistant, text));
                QVERIFY(QTest::qWaitFor([&] { return picture() == loaded; })); // the list settles over some frames
                QCOMPARE(everyPlace(), places);
            }
        }
    }

    /// While the reader is at the end the view follows; elsewhere nothing moves until the reader asks.
    void theReadersPlaceStays()
    {
        m_model->setMessages(
            {message(1, Author::User, u"Q"_s), message(2, Author::Assistant, {}, MessageState::Streaming)});
        for (int i = 0; i < 80; ++i) {
            stream(u"Paragraph %1 with some words in it.\n\n"_s.arg(i));
            QCoreApplication::processEvents();
        }
        QVERIFY(QTest::qWaitFor([&] { return textWith(u"Paragraph 79"_s) != nullptr; }));
        QVERIFY(m_model->atEnd());
        m_view->rootObject()->forceActiveFocus();
        QTest::keyClick(m_view.get(), Qt::Key_PageUp);
        QVERIFY(!m_model->atEnd());
        QTest::qWait(50);
        ConversationTextItem* read = items<ConversationTextItem>().constFirst();
        const QPointF place = read->mapToScene({});
        for (int i = 80; i < 160; ++i) {
            stream(u"Paragraph %1 with some words in it.\n\n"_s.arg(i));
            QCoreApplication::processEvents();
        }
        QTest::qWait(50);
        QCOMPARE(read->mapToScene({}), place);
        QVERIFY(!textWith(u"Paragraph 159"_s));
        QTest::keyClick(m_view.get(), Qt::Key_End);
        QVERIFY(QTest::qWaitFor([&] { return textWith(u"Paragraph 159"_s) != nullptr; }));
        QVERIFY(m_model->atEnd());
    }

    void delegatesAreOnlyThoseInView()
    {
        QString text;
        for (int i = 0; i < 5000; ++i)
            text += u"Paragraph %1.\n\n"_s.arg(i);
        m_model->setMessages({message(2, Author::Assistant, text)});
        QVERIFY(QTest::qWaitFor([&] { return textWith(u"Paragraph 4999"_s) != nullptr; }));
        QVERIFY(items<ConversationTextItem>().size() < 80);
    }

    void keysReachTheButtons()
    {
        m_model->setMessages({message(1, Author::User, u"Question"_s),
                              message(2, Author::Assistant, u"<think>\nT\n</think>\nA\n\n```py\nx = 1\n```\n"_s)});
        QVERIFY(QTest::qWaitFor([&] { return textWith(u"x = 1"_s) != nullptr; }));
        QSet<QString> reached;
        m_view->rootObject()->forceActiveFocus(Qt::TabFocusReason);
        for (int i = 0; i < 20; ++i) {
            QTest::keyClick(m_view.get(), Qt::Key_Tab);
            if (const QQuickItem* item = m_view->activeFocusItem()) {
                const QAccessibleInterface* accessible =
                    QAccessible::queryAccessibleInterface(const_cast<QQuickItem*>(item));
                reached.insert(accessible ? accessible->text(QAccessible::Name) : QString());
            }
        }
        for (const QString& name : {u"Copy the message"_s, u"Edit: starts a new branch"_s, u"Copy the code"_s,
                                    u"Copy the answer as it was written"_s, u"Answer again"_s})
            QVERIFY2(reached.contains(name),
                     qPrintable(name + u" is not in "_s + QStringList(reached.values()).join(u", "_s)));
        QVERIFY(std::ranges::any_of(reached, [](const QString& name) { return name.startsWith(u"Thoughts"); }));
    }
};

QTEST_MAIN(TestConversationView)
#include "tst_conversation_view.moc"
