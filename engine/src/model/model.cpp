#include "conclave/model.hpp"

#include <algorithm>

#include "base/within_memory.hpp"
#include "model/model_state.hpp"

namespace conclave
{

Result<void> ModelState::check_mapping() const
{
    for (const MappedFile& mapped : file.files()) {
        if (auto whole = mapped.check_size(); !whole) {
            return whole;
        }
    }
    return {};
}

uint64_t session_bytes(const Weights& weights, const ModelInfo& info, int max_rows, bool drafts)
{
    const auto rows = static_cast<uint64_t>(max_rows);
    const auto n_vocab = static_cast<uint64_t>(weights.n_vocab);
    const uint64_t stream = rows * static_cast<uint64_t>(weights.hidden) * sizeof(float);
    // Sequence, position, token, and the trace's row; of the block its position and token.
    const uint64_t per_row = rows * (drafts ? 7 : 5) * sizeof(int32_t);
    const uint64_t n_logits = drafts ? 2 : 1; // of the draft too, until it proves right
    // The logits; the sampler's candidates (logit and id, twice), what it selects among them, and counts.
    const uint64_t logits = n_vocab * (n_logits * sizeof(float) + 2 * (sizeof(float) + sizeof(int32_t)) +
                                       2 * sizeof(float) + sizeof(uint32_t));
    const uint64_t per_route = sizeof(uint16_t) + sizeof(float);
    const uint64_t trace =
        rows * (info.moe_layers.size() + (drafts ? 1 : 0)) *
        (static_cast<uint64_t>(info.n_experts_used) * per_route + 2 * sizeof(float) + sizeof(uint32_t));
    return stream + per_row + logits + trace;
}

const ModelInfo& Model::info() const
{
    return m_state->info;
}

MemoryPlan Model::plan(int n_ctx, int n_draft, KvType kv) const
{
    const Weights& weights = m_state->weights;
    const bool drafts = n_draft > 0 && weights.mtp;
    const ConclaveLimits limits = backend_limits(weights, default_prefill_chunk, n_ctx, score_rows, drafts);
    MemoryPlan plan;
    plan.weights_bytes = m_state->weights_bytes + (drafts ? m_state->mtp_bytes : 0);
    plan.kv_bytes = cache_bytes(weights, n_ctx, drafts, kv);
    plan.scratch_bytes = m_state->engine->scratch_bytes(limits) + weights.derived.bytes() +
                         weights.mtp_derived.bytes() +
                         session_bytes(weights, m_state->info, default_prefill_chunk, drafts);
    plan.branch_bytes = cache_bytes(weights, std::min(n_ctx, max_branch_rows), drafts, kv);
    plan.total_bytes = plan.weights_bytes + plan.kv_bytes + plan.branch_bytes + plan.scratch_bytes;
    plan.active_kv_bytes = cache_bytes_read(weights, n_ctx, kv);
    plan.active_bytes_of = m_state->active_bytes;
    plan.active_bytes = static_cast<uint64_t>(total(plan.active_bytes_of));
    return plan;
}

Result<std::vector<int32_t>> Model::tokenize(std::string_view text, TokenizeOptions options) const
{
    if (!m_state->tokenizer) {
        return m_state->text_error;
    }
    return within_memory([&]() -> Result<std::vector<int32_t>> { return m_state->tokenizer->encode(text, options); },
                         [&] { return out_of_memory("Reading the text as tokens", text.size(), "shorten it."); });
}

std::string Model::token_bytes(int32_t id) const
{
    return m_state->tokenizer ? m_state->tokenizer->token_bytes(id) : std::string();
}

std::string Model::detokenize(std::span<const int32_t> ids) const
{
    std::string text;
    for (const int32_t id : ids) {
        text += token_bytes(id);
    }
    return text;
}

bool Model::is_end_of_generation(int32_t id) const
{
    return m_state->tokenizer && m_state->tokenizer->is_end_of_generation(id);
}

Result<RenderedPrompt> Model::render(std::span<const ChatMessage> messages, RenderOptions options) const
{
    if (!m_state->chat_template) {
        return m_state->template_error;
    }
    return within_memory([&] { return m_state->chat_template->render(messages, options, *m_state->tokenizer); },
                         [&] {
                             uint64_t n_bytes = options.tools.size();
                             for (const ChatMessage& message : messages) {
                                 n_bytes += message.content.size();
                             }
                             return out_of_memory("Writing the chat as the model wants it", n_bytes,
                                                  "leave out older messages.");
                         });
}

} // namespace conclave
