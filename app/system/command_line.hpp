#pragma once

#include <QSize>
#include <QString>
#include <QStringList>

#include <optional>

/// What the program was asked for on its command line.
struct CommandLine {
    QString model;   ///< empty: the built-in one
    QString profile; ///< empty: the user's
    QString prompt, screenshot, replay;
    QString theme; ///< "light", "dark" or empty
    std::optional<QSize> size;
    std::optional<quint64> seed;
    std::optional<double> temperature;
    std::optional<int> threads; ///< of the engine; absent: as many as leave the window room

    bool help = false, version = false;
    QString helpText;
    QString error; ///< one sentence when the line cannot be understood
};

/// `arguments` begins with the program's name.
CommandLine parseCommandLine(const QStringList& arguments);
