#include "system/process_clock.hpp"

#include <QFile>

#ifdef Q_OS_WIN
#include <qt_windows.h>
#endif

using namespace Qt::StringLiterals;

namespace
{

#ifdef Q_OS_WIN

double processAgeMs()
{
    FILETIME created, exited, kernel, user, now;
    if (!GetProcessTimes(GetCurrentProcess(), &created, &exited, &kernel, &user))
        return 0;
    GetSystemTimePreciseAsFileTime(&now);
    const auto ticks = [](const FILETIME& t) { return (quint64(t.dwHighDateTime) << 32) | t.dwLowDateTime; };
    return double(ticks(now) - ticks(created)) / 1e4; // of 100 ns
}

#else

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QFile::ReadOnly) ? file.readAll() : QByteArray();
}

// Linux counts both since boot, in hundredths of a second: good to 10 ms.
double processAgeMs()
{
    const QByteArray stat = contents(u"/proc/self/stat"_s);
    // Field 22; the second field is the program's name in parentheses and may hold spaces.
    const QList<QByteArray> fields = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
    const double startedS = fields.value(19).toDouble() / 100;
    const double uptimeS = contents(u"/proc/uptime"_s).split(' ').value(0).toDouble();
    return startedS > 0 && uptimeS > 0 ? (uptimeS - startedS) * 1e3 : 0;
}

#endif

} // namespace

ProcessClock::ProcessClock()
{
    m_clock.start();
    const double age = processAgeMs();
    // Containers may show one of the two clocks as another machine's; a start-up takes no minute.
    m_beforeMs = age > 0 && age < 60'000 ? age : 0;
}
