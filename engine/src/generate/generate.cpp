#include <algorithm>
#include <functional>
#include <limits>

#include "generate/session_state.hpp"
#include "text/utf8.hpp"

namespace conclave
{

namespace
{

constexpr int long_step = 32; // rows of a prompt that take long enough to tell of each layer

} // namespace

Result<void> SessionState::check(const GenerateRequest& request) const
{
    if (request.prompt_ids.empty()) {
        return Error{ErrorCode::invalid_argument,
                     "an empty prompt has nothing to continue; give it at least one token"};
    }
    if (request.prompt_ids.size() >= static_cast<size_t>(n_ctx())) {
        return Error{ErrorCode::context_full, "the prompt has " + std::to_string(request.prompt_ids.size()) +
                                                  " tokens and the context holds " + std::to_string(n_ctx()) +
                                                  ", one of them for the answer; shorten the chat or start a new one"};
    }
    if (auto valid = Sampler::check(request.sampler, m_state.info.n_vocab); !valid) {
        return valid;
    }
    if (!request.stop.empty() && !m_state.tokenizer) {
        return Error{ErrorCode::invalid_argument, "stop strings need a model with a vocabulary; leave them out"};
    }
    std::string repaired;
    for (const std::string& string : request.stop) {
        if (string.empty() || valid_utf8(string, repaired) != string) {
            return Error{ErrorCode::invalid_argument,
                         string.empty() ? "a stop string must not be empty, because every answer would end at once"
                                        : "a stop string must be UTF-8, as answers are"};
        }
    }
    return check_ids(request.prompt_ids);
}

/// Keeps the longest common prefix of what is cached or was, in a branch that was left; the last token is computed
/// again, because its logits are wanted.
int SessionState::reuse_prefix(std::span<const int32_t> prompt)
{
    if (m_drafts) {
        truncate(m_drafts->n_ready); // all there is, but after an error
        m_drafts->ahead.reset();
    }
    const auto limit = std::min(m_ids.size(), prompt.size() - 1);
    size_t shared = 0;
    while (shared < limit && m_ids[shared] == prompt[shared]) {
        ++shared;
    }
    m_branches.put(m_ids, static_cast<int>(shared), m_cache);
    truncate(static_cast<int>(shared));
    const int length = m_branches.take(prompt.first(prompt.size() - 1), m_cache);
    m_ids.insert(m_ids.end(), prompt.begin() + static_cast<ptrdiff_t>(shared), prompt.begin() + length);
    if (m_drafts) { // the block's last row may be of a token that came then and comes no more: it only guesses
        m_drafts->n_ready = length;
    }
    return length;
}

/// False when it was stopped.
Result<bool> SessionState::prefill(const GenerateRequest& request, EventSink& sink, const std::stop_token& stop)
{
    const std::span<const int32_t> prompt = request.prompt_ids;
    const int n_prompt = static_cast<int>(prompt.size());
    while (n_past() < n_prompt) {
        if (stop.stop_requested()) {
            return false;
        }
        const int n = std::min(n_prompt - n_past(), m_options.prefill_chunk);
        const bool last = n_past() + n == n_prompt;
        const auto tell = [&, first = n_past()](size_t layers) {
            const size_t n_layers = m_state.weights.layers.size();
            sink.on_progress(first + static_cast<int>(static_cast<size_t>(n) * layers / n_layers), n_prompt);
        };
        const auto done = step(prompt.subspan(static_cast<size_t>(n_past()), static_cast<size_t>(n)), last ? 1 : 0,
                               stop, n < long_step ? nullptr : std::function<void(size_t)>(std::cref(tell)));
        if (!done && done.error().code == ErrorCode::cancelled) {
            return false;
        }
        if (!done) {
            return done.error();
        }
        sink.on_step(describe_step(Phase::prefill, n_past(), n_prompt));
        if (m_drafts && !last) {
            const auto followed = predict(prompt[static_cast<size_t>(n_past())], false, stop);
            if (!followed && followed.error().code != ErrorCode::cancelled) {
                return followed.error();
            }
            if (!followed) {
                truncate(m_drafts->n_ready);
                return false;
            }
        }
    }
    return true;
}

/// Text completed by a token; a token that ends the answer has none of its own, and the last one flushes what is held
/// back.
std::string_view SessionState::text_of(int32_t id, bool ends, bool last)
{
    m_text.clear();
    if (!m_state.tokenizer) {
        return {};
    }
    if (!ends) {
        m_text += m_stop.push(m_utf8.push(m_state.tokenizer->token_bytes(id)));
    }
    if (ends || last) {
        m_text += m_stop.push(m_utf8.finish());
    }
    return m_text;
}

/// NaN and minus infinity are for tokens that cannot come; when that is all of them the numbers of this model broke
/// down, and whichever token came next would be nobody's answer.
Result<void> SessionState::check_logits() const
{
    const auto possible = [](float logit) { return logit > -std::numeric_limits<float>::infinity(); };
    if (std::ranges::any_of(logits(), possible)) {
        return {};
    }
    return Error{ErrorCode::format, m_state.info.name + " computed no number for any token at position " +
                                        std::to_string(n_past()) +
                                        ", so the answer ends here; its file is damaged or was converted wrongly: "
                                        "download or convert it again"};
}

Result<void> SessionState::begin_grammar(const std::string& gbnf)
{
    m_grammar.reset();
    if (gbnf.empty()) {
        return {};
    }
    if (!m_state.tokenizer) {
        return Error{ErrorCode::invalid_argument, "a grammar needs a model with a vocabulary; leave it out"};
    }
    if (!m_trie) {
        m_trie = std::make_unique<TokenTrie>(*m_state.tokenizer);
    }
    auto grammar = GrammarConstraint::create(gbnf, *m_trie, *m_state.tokenizer);
    if (!grammar) {
        return grammar.error();
    }
    m_grammar = *std::move(grammar);
    return {};
}

/// The next token, one that the grammar allows where there is one.
Result<Sampled> SessionState::sample()
{
    if (!m_grammar) {
        return m_sampler.sample(logits(), m_ids);
    }
    const auto allowed = m_grammar->allowed();
    if (!allowed) {
        return allowed.error();
    }
    const Sampled sampled = m_sampler.sample(logits(), m_ids, *allowed);
    if (!GrammarConstraint::contains(*allowed, sampled.id)) { // every one of them has the probability 0
        return Error{ErrorCode::invalid_argument,
                     "every token that the grammar allows next is banned; lift a ban, or allow more in the grammar"};
    }
    if (!m_state.tokenizer->is_end_of_generation(sampled.id)) {
        m_grammar->advance(sampled.id);
    }
    return sampled;
}

Result<bool> SessionState::next_token(const GenerateRequest& request, EventSink& sink, const std::stop_token& stop,
                                      Stats& stats, int32_t& id)
{
    const auto chosen = sample();
    if (!chosen) {
        return chosen.error();
    }
    const Sampled& sampled = *chosen;
    id = sampled.id;
    const bool is_end = m_state.tokenizer && m_state.tokenizer->is_end_of_generation(id);
    const bool ends = is_end && (m_grammar || !request.ignore_end);
    const bool complete = m_grammar && m_grammar->is_complete();
    const bool enough = request.max_tokens >= 0 && stats.n_generated + 1 >= request.max_tokens;
    const bool full = n_past() + 1 >= n_ctx();
    const bool stopped = stop.stop_requested();
    TokenEvent event;
    event.index = stats.n_generated++;
    event.position = n_past();
    event.id = id;
    text_of(id, ends, complete || enough || full);
    const bool found = m_stop.found();
    if (ends || complete || enough || full || stopped) {
        m_text += m_stop.finish();
    }
    event.text = m_text;
    event.logprob = sampled.logprob;
    event.entropy = sampled.entropy;
    event.top = sampled.top;
    event.stages = sampled.stages;
    event.t_ns = since_start();
    sink.on_token(event);
    const bool over = ends || complete;
    stats.stop = found    ? StopReason::stop_string
                 : over   ? StopReason::end_of_text
                 : enough ? StopReason::max_tokens
                 : full   ? StopReason::context_full
                          : StopReason::stopped;
    // A stop request that came only now waits for the token that brings what is held back.
    return found || over || enough || full || stopped || (stop.stop_requested() && !m_stop.holds());
}

Result<void> SessionState::decode(const GenerateRequest& request, EventSink& sink, const std::stop_token& stop,
                                  Stats& stats)
{
    int64_t first_ns = 0, last_ns = 0;
    for (bool ended = false; !ended;) {
        if (auto sound = check_logits(); !sound) {
            return sound;
        }
        int32_t id = 0;
        const auto next = next_token(request, sink, stop, stats, id);
        if (!next) {
            return next.error();
        }
        ended = *next;
        last_ns = since_start();
        if (stats.n_generated == 1) {
            first_ns = last_ns;
            stats.ttft_ms = static_cast<double>(first_ns) / 1e6;
        }
        const bool drafted = take_draft(id, !ended, stats);
        if (ended && m_drafts) {
            if (auto followed = predict(id, false); !followed) {
                return followed.error();
            }
        }
        if (!ended) {
            if (auto done = drafted ? Result<void>() : step_with_draft(request, id, stats); !done) {
                return done;
            }
            const int n_prompt = static_cast<int>(request.prompt_ids.size());
            sink.on_step(describe_step(Phase::decode, n_prompt, n_prompt));
        }
    }
    if (stats.n_generated > 1 && last_ns > first_ns) {
        stats.decode_tps = (stats.n_generated - 1) / (static_cast<double>(last_ns - first_ns) / 1e9);
    }
    return {};
}

Result<Stats> SessionState::generate(const GenerateRequest& request, EventSink& sink, const std::stop_token& stop)
{
    m_start = Clock::now();
    if (auto valid = check(request); !valid) {
        return valid.error();
    }
    if (auto begun = begin_grammar(request.grammar); !begun) {
        return begun.error();
    }
    Stats stats;
    stats.seed = request.sampler.seed ? *request.sampler.seed : fresh_seed();
    stats.n_prompt = static_cast<int>(request.prompt_ids.size());
    stats.n_cached = reuse_prefix(request.prompt_ids);
    m_sampler.begin({request.sampler, stats.seed, request.n_top, request.n_inspect});
    m_recorder.clear_counts();
    m_utf8 = {};
    m_stop.begin(request.stop);
    if (m_drafts) {
        stats.n_drafted = stats.n_accepted = 0;
    }

    const auto filled = prefill(request, sink, stop);
    if (!filled) {
        return filled.error();
    }
    if (*filled) {
        stats.prefill_tps = (stats.n_prompt - stats.n_cached) / (static_cast<double>(since_start()) / 1e9);
    }
    if (!*filled || stop.stop_requested()) {
        stats.stop = StopReason::stopped;
    } else if (request.max_tokens == 0) {
        stats.stop = StopReason::max_tokens;
    } else if (auto done = decode(request, sink, stop, stats); !done) {
        return done.error();
    }
    if (m_drafts && m_drafts->n_ready < n_past()) { // nothing was sampled: the last token stands in for the next
        if (auto followed = predict(m_ids.back(), false); !followed) {
            return followed.error();
        }
    }
    stats.sum_counts = m_recorder.sum_counts();
    return stats;
}

} // namespace conclave
