#pragma once

#include <QDir>
#include <QStringList>

/// Recorded runs in a profile's traces folder (*.ctr). They go with their chat, and their total has a limit.
namespace trace_files
{

/// About two million tokens of DeepSeek-V3's routes at 1.2 KB each.
inline constexpr qint64 totalLimitBytes = 2LL * 1024 * 1024 * 1024;

void remove(const QDir& traces, const QStringList& names);

/// Removes the oldest files until at most `limitBytes` are left, never the newest one. Returns the names removed.
QStringList enforceLimit(const QDir& traces, qint64 limitBytes = totalLimitBytes);

} // namespace trace_files
