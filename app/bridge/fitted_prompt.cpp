#include "bridge/fitted_prompt.hpp"

#include <QCoreApplication>
#include <QLocale>

#include <limits>

#include "bridge/run_events.hpp"

namespace
{

struct Text {
    Q_DECLARE_TR_FUNCTIONS(EngineWorker)
};

conclave::RenderOptions renderOptions(const RunRequest& request)
{
    return {.enable_thinking = request.sampler.thinking};
}

/// A quarter of the context stays free for the answer, where a chat may be shortened for it.
int shortenedTo(int nContext)
{
    return nContext - nContext / 4;
}

} // namespace

conclave::Result<conclave::FittedChat> fitChat(const conclave::Model& model, const RunRequest& request, int nContext)
{
    const bool shortens = request.sampler.contextPolicy == ContextPolicy::LeaveOut;
    return model.render_within(request.messages, shortens ? shortenedTo(nContext) : std::numeric_limits<int>::max(),
                               renderOptions(request));
}

int mayLeaveOut(const conclave::Model& model, const RunRequest& request, int nPrompt, int nContext)
{
    if (request.sampler.contextPolicy != ContextPolicy::Ask || nPrompt < nContext - nContext / 16)
        return 0;
    const auto within = model.render_within(request.messages, shortenedTo(nContext), renderOptions(request));
    return within ? within->n_dropped : 0; // the last question alone may be too long
}

QString noRoom(int nPrompt, int nContext)
{
    return Text::tr("This chat has %1 tokens and the context holds %2, which leaves no room for an answer: start "
                    "a new chat, edit an earlier message to branch off with less before it, or let the settings "
                    "leave out the oldest messages or give chats a longer context.")
        .arg(QLocale().toString(nPrompt), QLocale().toString(nContext));
}
