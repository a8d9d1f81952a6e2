#pragma once

#include <QString>

/// The program that is killed: chats on the profile `dir` with a synthetic source of about 2,000 tokens a second, and
/// writes what it did to standard output, a line at a time and before it counts:
///   ready              the profile is open
///   U <text>           the user's message is on disk (its answer starts)
///   T <ns> <text>      a token was made, at this time of the steady clock
///   F                  the answer and its end are on disk
/// Returns only when its parent is gone.
int runKillChild(int argc, char** argv, const QString& dir, quint32 seed);
