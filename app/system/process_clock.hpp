#pragma once

#include <QElapsedTimer>

/// Time since this process was started, loading of its libraries included where the system tells.
class ProcessClock
{
public:
    /// To be made first thing in main.
    ProcessClock();
    double elapsedMs() const { return m_beforeMs + double(m_clock.nsecsElapsed()) / 1e6; }

private:
    QElapsedTimer m_clock;
    double m_beforeMs = 0; ///< from the start of the process to this object's
};
