#include "conclave/session.hpp"

#include <algorithm>

#include "base/within_memory.hpp"
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
    if (options.n_draft < 0 || options.n_draft > 1) {
        return Error{ErrorCode::invalid_argument, "a draft of " + std::to_string(options.n_draft) +
                                                      " tokens is not possible; ask for 1, or 0 for none"};
    }
    return options;
}

/// Whether tokens can be drafted.
Result<void> check_drafts(const ModelState& state)
{
    if (!state.weights.mtp) {
        return state.mtp_error;
    }
    if (state.engine->place().device) {
        return Error{ErrorCode::unsupported,
                     "tokens are drafted on the processor alone; choose the device cpu, or leave drafting out"};
    }
    return {};
}

/// The options as a session would have them.
Result<SessionOptions> possible(const ModelState& state, const SessionOptions& options)
{
    auto resolved = resolve(state.info, options);
    if (!resolved) {
        return resolved.error();
    }
    const bool drafts = resolved->n_draft > 0;
    if (auto can = drafts ? check_drafts(state) : Result<void>(); !can) {
        return can.error();
    }
    if (auto can = KvCache::check(state.weights, state.engine->place(), drafts, resolved->kv); !can) {
        return can.error();
    }
    return resolved;
}

Error no_memory(const ModelInfo& info, int n_ctx, uint64_t n_bytes)
{
    return out_of_memory("a context of " + std::to_string(n_ctx) + " tokens with " + info.name, n_bytes,
                         "ask for a shorter context or close other programs");
}

} // namespace

Session::Session(std::unique_ptr<SessionState> state) : m_state(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Result<Session> Session::create(std::shared_ptr<const Model> model, SessionOptions options)
{
    const ModelState& state = *model->state();
    const auto resolved = possible(state, options);
    if (!resolved) {
        return resolved.error();
    }
    const bool drafts = resolved->n_draft > 0;
    const int max_rows = max_step_rows(*resolved);
    const ConclaveLimits limits = backend_limits(state.weights, max_rows, resolved->n_ctx, score_rows, drafts);
    const auto no_room = [&] {
        const uint64_t n_bytes = cache_bytes(state.weights, resolved->n_ctx, drafts, resolved->kv) +
                                 state.engine->scratch_bytes(limits) +
                                 session_bytes(state.weights, state.info, max_rows, drafts);
        return no_memory(state.info, resolved->n_ctx, n_bytes);
    };
    const auto create = [&]() -> Result<Session> {
        auto memory = SessionMemory::allocate(state, *resolved);
        if (!memory) { // a device says what it has, the host only that it has not
            const bool no_more = memory.error().code == ErrorCode::out_of_memory && !state.engine->place().device;
            return no_more ? no_room() : memory.error();
        }
        if (auto reserved = state.engine->reserve(limits); !reserved) {
            return reserved.error();
        }
        return Session(std::make_unique<SessionState>(model, *resolved, *std::move(memory)));
    };
    return within_memory(create, no_room);
}

Result<void> Session::check(const Model& model, SessionOptions options)
{
    const auto resolved = possible(*model.state(), options);
    return resolved ? Result<void>() : resolved.error();
}

Result<Stats> Session::generate(const GenerateRequest& request, EventSink& sink, std::stop_token stop)
{
    return m_state->generate(request, sink, stop);
}

Result<void> Session::score(std::span<const int32_t> ids, ScoreSink& sink, std::stop_token stop)
{
    const ModelInfo& info = m_state->model_info();
    return within_memory([&] { return m_state->score(ids, sink, stop); },
                         [&] {
                             return out_of_memory("scoring with " + info.name,
                                                  sizeof(float) * score_rows * static_cast<uint64_t>(info.n_vocab),
                                                  "close other programs");
                         });
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
