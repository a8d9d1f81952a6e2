#include "window_fixture.hpp"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QGuiApplication>
#include <QQmlEngine>
#include <QTest>

#include "../../app/application.hpp"
#include "readable_text.hpp"

using namespace Qt::StringLiterals;

namespace
{

void registerFixture()
{
    qmlRegisterType<WindowFixture>("Conclave.WindowTest", 1, 0, "WindowFixture");
}
Q_COREAPP_STARTUP_FUNCTION(registerFixture)

} // namespace

WindowFixture::WindowFixture(QObject* parent) : QObject(parent)
{
    QFile::copy(ModelHost::builtInModelPath(), modelFile());
    QFile broken(brokenFile());
    if (broken.open(QIODevice::WriteOnly))
        broken.write("This is a letter, not a model.");
}

WindowFixture::~WindowFixture() = default;

QQuickWindow* WindowFixture::window() const
{
    return m_application ? m_application->window() : nullptr;
}

bool WindowFixture::start(int width, int height, const QString& theme)
{
    auto engine = conclave::Engine::create({});
    if (!engine)
        return false;
    CommandLine line;
    line.theme = theme;
    line.size = QSize(width, height);
    line.seed = 7;
    line.temperature = 0;
    m_application = std::make_unique<Application>(*std::move(engine), line, m_folder.filePath(u"profile"_s), m_clock);
    const bool shown = m_application->start();
    emit windowChanged();
    return shown && activate();
}

bool WindowFixture::activate()
{
    window()->requestActivate();
    return QTest::qWaitForWindowActive(window(), 20'000);
}

void WindowFixture::close()
{
    m_application.reset();
    emit windowChanged();
}

QString WindowFixture::modelFile() const
{
    return m_folder.filePath(u"Another model.gguf"_s);
}

QString WindowFixture::brokenFile() const
{
    return m_folder.filePath(u"letter.gguf"_s);
}

QQuickWindow* WindowFixture::front() const
{
    auto* focused = qobject_cast<QQuickWindow*>(QGuiApplication::focusWindow());
    return focused && focused->isVisible() && focused->transientParent() == window() ? focused : window();
}

QStringList WindowFixture::texts() const
{
    QStringList texts;
    QQuickItem* last = nullptr;
    for (const ShownText& shown : front() ? shownTexts(*front()) : QList<ShownText>()) {
        if (shown.item == last)
            texts.last() += u' ' + shown.text;
        else
            texts << shown.text;
        last = shown.item;
    }
    return texts;
}

QStringList WindowFixture::unreadable(const QString& state) const
{
    return unreadableIn(front(), state);
}

QStringList WindowFixture::unreadableIn(QQuickWindow* window, const QString& state)
{
    const QImage picture = window->grabWindow().convertToFormat(QImage::Format_RGB32);
    if (const QString folder = qEnvironmentVariable("CONCLAVE_PICTURES"); !folder.isEmpty())
        picture.save(QDir(folder).filePath(state + u".png"_s));
    return unreadableTexts(*window, picture);
}
