#include "system/command_line.hpp"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace
{

constexpr int kMostThreads = 512; // what the engine takes

struct Text {
    Q_DECLARE_TR_FUNCTIONS(CommandLine)
};

QString readValues(const QCommandLineParser& parser, CommandLine& line)
{
    bool ok = true;
    if (parser.isSet(u"seed"_s)) {
        line.seed = parser.value(u"seed"_s).toULongLong(&ok);
        if (!ok)
            return Text::tr("--seed takes a whole number from 0 on, not “%1”.").arg(parser.value(u"seed"_s));
    }
    if (parser.isSet(u"temp"_s)) {
        line.temperature = parser.value(u"temp"_s).toDouble(&ok);
        if (!ok || !(*line.temperature >= 0 && *line.temperature <= 5))
            return Text::tr("--temp takes a number from 0 to 5, not “%1”.").arg(parser.value(u"temp"_s));
    }
    if (parser.isSet(u"threads"_s)) {
        line.threads = parser.value(u"threads"_s).toInt(&ok);
        if (!ok || *line.threads < 1 || *line.threads > kMostThreads)
            return Text::tr("--threads takes a whole number from 1 to %1, not “%2”.")
                .arg(kMostThreads)
                .arg(parser.value(u"threads"_s));
    }
    if (parser.isSet(u"size"_s)) {
        static const QRegularExpression form(u"^(\\d{2,5})[xX×](\\d{2,5})$"_s);
        const QRegularExpressionMatch match = form.match(parser.value(u"size"_s));
        if (!match.hasMatch())
            return Text::tr("--size takes width and height in pixels, such as 1280x800, not “%1”.")
                .arg(parser.value(u"size"_s));
        line.size = QSize(match.captured(1).toInt(), match.captured(2).toInt());
    }
    if (!line.theme.isEmpty() && line.theme != "light"_L1 && line.theme != "dark"_L1)
        return Text::tr("--theme takes light or dark, not “%1”.").arg(line.theme);
    if (parser.positionalArguments().size() > 1)
        return Text::tr("Conclave opens one model at a time; name one file.");
    if (!line.replay.isEmpty() && !line.prompt.isEmpty())
        return Text::tr("--replay shows what was recorded and takes no --prompt; give one of them.");
    return {};
}

} // namespace

CommandLine parseCommandLine(const QStringList& arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(Text::tr("Chat with open language models and watch their experts."));
    parser.addPositionalArgument(
        u"MODEL"_s, Text::tr("A GGUF file or a Hugging Face folder; the built-in model when none is given."),
        u"[MODEL]"_s);
    parser.addOptions({
        {u"profile"_s, Text::tr("Keep chats and settings in this folder."), u"DIR"_s},
        {u"prompt"_s, Text::tr("Send this as the first message."), u"TEXT"_s},
        {u"screenshot"_s,
         Text::tr("Wait for the answer, write a picture of the window, print one line of JSON and end."), u"FILE"_s},
        {u"size"_s, Text::tr("Size of the window in pixels."), u"WxH"_s},
        {u"theme"_s, Text::tr("light or dark, for this time."), u"THEME"_s},
        {u"seed"_s, Text::tr("Seed of the sampler, for this time."), u"N"_s},
        {u"temp"_s, Text::tr("Temperature of the sampler, for this time."), u"T"_s},
        {u"threads"_s, Text::tr("Threads of the engine; by itself it leaves the window a core where there are few."),
         u"N"_s},
        {u"replay"_s, Text::tr("Show a recorded run (*.ctr) without its model."), u"FILE"_s},
    });
    const QCommandLineOption help = parser.addHelpOption();
    const QCommandLineOption version = parser.addVersionOption();

    CommandLine line;
    const bool understood = parser.parse(arguments);
    line.helpText = parser.helpText();
    line.help = parser.isSet(help);
    line.version = parser.isSet(version);
    line.profile = parser.value(u"profile"_s);
    line.prompt = parser.value(u"prompt"_s);
    line.screenshot = parser.value(u"screenshot"_s);
    line.replay = parser.value(u"replay"_s);
    line.theme = parser.value(u"theme"_s);
    line.model = parser.positionalArguments().value(0);
    line.error = understood ? readValues(parser, line) : parser.errorText() + u'.';
    return line;
}
