#pragma once

#include <QString>

#include "conclave/model.hpp"

struct RunRequest;

/// The request's chat as the model reads it, without its oldest turns where the settings leave them out of a chat that
/// is too long.
conclave::Result<conclave::FittedChat> fitChat(const conclave::Model& model, const RunRequest& request, int nContext);

/// Messages that could be left out, where the reader is to be asked and a prompt of so many tokens leaves less than a
/// sixteenth of the context for the answer; 0: there is nothing to ask.
int mayLeaveOut(const conclave::Model& model, const RunRequest& request, int nPrompt, int nContext);

/// Why a chat of so many tokens is not answered.
QString noRoom(int nPrompt, int nContext);
