#pragma once

#include <QString>

/// A chat's name from its first message: the first line that says something, without Markdown's marks and without
/// anything between <think> and </think>, cut at a word after at most 48 characters. Empty when there is no such line.
QString chatTitle(const QString& firstMessage);
