#include <QFileInfo>
#include <QFont>
#include <QGuiApplication>
#include <QLoggingCategory>
#include <QQuickStyle>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <cstdio>
#include <optional>

#include "application.hpp"
#include "system/command_line.hpp"
#include "system/process_clock.hpp"
#include "system/single_instance.hpp"

Q_LOGGING_CATEGORY(logEngine, "conclave.engine")

using namespace Qt::StringLiterals;

namespace
{

int say(std::FILE* stream, const QString& text, int status)
{
    std::fprintf(stream, "%s\n", qPrintable(text));
    return status;
}

// Before there is a window system, because a wrong line needs none.
std::optional<int> answeredByText(const CommandLine& line)
{
    if (line.help)
        return say(stdout, line.helpText.trimmed(), 0);
    if (line.version)
        return say(stdout, u"conclave "_s + QCoreApplication::applicationVersion(), 0);
    if (!line.error.isEmpty())
        return say(stderr, u"conclave: "_s + line.error, 2);
    return std::nullopt;
}

QStringList rawArguments(int argc, char** argv)
{
    QStringList arguments;
    for (int i = 0; i < argc; ++i)
        arguments << QString::fromLocal8Bit(argv[i]);
    return arguments;
}

conclave::EngineOptions engineOptions()
{
    return {.log = [](conclave::LogLevel level, std::string_view text) {
        const QString message = QString::fromUtf8(text.data(), qsizetype(text.size()));
        if (level == conclave::LogLevel::warning)
            qCWarning(logEngine).noquote() << message;
        else
            qCDebug(logEngine).noquote() << message;
    }};
}

} // namespace

int main(int argc, char** argv)
{
    const ProcessClock clock;
    QCoreApplication::setApplicationName(u"conclave"_s);
    QCoreApplication::setApplicationVersion(QStringLiteral(CONCLAVE_VERSION));
    if (const auto status = answeredByText(parseCommandLine(rawArguments(argc, argv))))
        return *status;

    QGuiApplication app(argc, argv);
    QGuiApplication::setApplicationDisplayName(u"Conclave"_s);
    QGuiApplication::setDesktopFileName(u"conclave"_s);
    QGuiApplication::setFont(QFont(u"Inter"_s)); // the system's where it is not installed
    // Of Qt's own file dialog: unlike Basic it takes all its colours from the palette.
    QQuickStyle::setStyle(u"Fusion"_s);
    const CommandLine line = parseCommandLine(app.arguments());

    // A replay adds nothing to the user's chats.
    QTemporaryDir scratch;
    QString profile = line.profile;
    if (profile.isEmpty())
        profile =
            line.replay.isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) : scratch.path();
    SingleInstance instance(profile);
    if (!instance.own()) {
        if (line.screenshot.isEmpty() && line.prompt.isEmpty()) {
            const QString model = line.model.isEmpty() ? QString() : QFileInfo(line.model).absoluteFilePath();
            if (instance.handOver(model))
                return say(stdout, Application::tr("Conclave is open already; its window was raised."), 0);
        }
        return say(stderr,
                   Application::tr(
                       "conclave: Another Conclave works on %1; close it, or start with --profile and another folder.")
                       .arg(profile),
                   1);
    }

    auto engine = conclave::Engine::create(engineOptions());
    if (!engine)
        return say(stderr, u"conclave: "_s + QString::fromStdString(engine.error().message), 1);
    Application application(*std::move(engine), line, profile, clock);
    QObject::connect(&instance, &SingleInstance::raised, &application, &Application::raise);
    if (!application.start())
        return 1;
    const int status = QGuiApplication::exec();
    application.finish();
    return status;
}
