#include "conclave/session.hpp"

#include <algorithm>

#include "generate/session_state.hpp"

namespace conclave
{

namespace
{

constexpr int default_n_ctx = 4096;

Result<SessionOptions> resolve(const ModelInfo& info, SessionOptions options)
{
    if (options.n_ctx == 0) {
        options.n_ctx = std::min(info.context_length, default_n_ctx);
    }
    if (options.n_ctx < 1 || options.n_ctx > info.context_length) {
        return Error{ErrorCode::invalid_argument, "a context of " + std::to_string(options.n_ctx) +
                                                      " tokens is not possible with " + info.name + "; ask for 1 to " +
                                                      std::to_string(info.context_length)};
    }
    if (options.prefill_chunk < 1 || options.prefill_chunk > max_prefill_chunk) {
        return Error{ErrorCode::invalid_argument, "a prefill chunk of " + std::to_string(options.prefill_chunk) +
                                                      " rows is not possible; ask for 1 to " +
                                                      std::to_string(max_prefill_chunk)};
    }
    return options;
}

} // namespace

Session::Session(std::unique_ptr<SessionState> state) : m_state(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Result<Session> Session::create(std::shared_ptr<const Model> model, SessionOptions options)
{
    const ModelState& state = *model->state();
    const auto resolved = resolve(state.info, options);
    if (!resolved) {
        return resolved.error();
    }
    auto cache = KvCache::create(state.weights, resolved->n_ctx);
    if (!cache) {
        return cache.error();
    }
    const ConclaveLimits limits = backend_limits(state.weights, resolved->prefill_chunk, resolved->n_ctx, score_rows);
    if (auto reserved = state.engine->reserve(limits); !reserved) {
        return reserved.error();
    }
    return Session(std::make_unique<SessionState>(std::move(model), *resolved, *std::move(cache)));
}

Result<Stats> Session::generate(const GenerateRequest& request, EventSink& sink, std::stop_token stop)
{
    return m_state->generate(request, sink, stop);
}

Result<void> Session::score(std::span<const int32_t> ids, ScoreSink& sink, std::stop_token stop)
{
    return m_state->score(ids, sink, stop);
}

int Session::n_ctx() const
{
    return m_state->n_ctx();
}

int Session::n_past() const
{
    return m_state->n_past();
}

void Session::clear()
{
    m_state->truncate(0);
}

} // namespace conclave
