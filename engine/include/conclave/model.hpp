#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conclave/chat.hpp"
#include "conclave/engine.hpp"
#include "conclave/kv_type.hpp"
#include "conclave/result.hpp"
#include "conclave/stage.hpp"

namespace conclave
{

/// What a file says about itself, after every quirk was resolved. Hyperparameters in their published spelling.
struct ModelInfo {
    std::string name;
    std::string family;                   ///< e.g. "deepseek"
    std::string architecture;             ///< as the file spells it, e.g. "deepseek2"
    uint64_t n_params = 0;                ///< without those of multi-token prediction
    uint64_t n_params_active = 0;         ///< that one token touches
    std::optional<uint64_t> n_params_mtp; ///< of the block that drafts tokens; absent when the file has none whole
    int n_layers = 0;
    std::vector<int> moe_layers; ///< indices of the layers that route; never infer them
    int n_experts = 0;
    int n_experts_used = 0;
    int n_shared_experts = 0;
    int n_group = 1;
    int topk_group = 1;
    std::string
        routing_rule; ///< e.g. "sigmoid scores, bias selects, best 2 of 4 groups by top-2 sum, top-4, normalised"
    std::string routing_rule_source;                     ///< "file" or what it was inferred from
    std::vector<std::pair<std::string, uint64_t>> quant; ///< bytes per tensor type, largest first
    int context_length = 0;
    int n_vocab = 0;
    uint64_t file_bytes = 0;
    bool has_tokenizer = false;
    bool has_chat_template = false;
    bool adds_bos = false; ///< raw text starts with the beginning-of-text token; chat templates write it themselves
    std::string file_hash; ///< 64-bit hash over metadata, tensor table and sampled pages, 16 hex digits
};

/// Bytes a session with a context of n_ctx tokens needs.
struct MemoryPlan {
    uint64_t weights_bytes = 0; ///< mapped from the file
    uint64_t kv_bytes = 0;
    uint64_t branch_bytes = 0;  ///< at most, once a chat was left for another of its branches; none on a device
    uint64_t scratch_bytes = 0; ///< activations, derived tensors, tables
    uint64_t total_bytes = 0;
    uint64_t active_bytes = 0;    ///< of the weights, read to compute one token; the least a token must move
    PerStage active_bytes_of{};   ///< the same by stage
    uint64_t active_kv_bytes = 0; ///< of the cache, read to compute the last token of that context
};

/// Called with bytes done and in total while a file is opened and its pages are brought in.
using LoadProgress = std::function<void(uint64_t done, uint64_t total)>;

struct TokenizeOptions {
    bool add_bos = false;
    bool parse_special = false; ///< read special tokens' texts as those tokens; off for anything a person typed
};

class ModelState;

/// An opened model: immutable, shared by sessions, thread-safe. Weights stay mapped as the file has them.
class Model
{
public:
    /// Errors name the file and the tensor or key, and say what to try. `stop` is checked per tensor.
    static Result<std::shared_ptr<const Model>> open(const Engine& engine, const std::filesystem::path& path,
                                                     const LoadProgress& progress = {}, std::stop_token stop = {});

    const ModelInfo& info() const;
    /// With n_draft as SessionOptions has it: what drafting adds is in each sum but active_bytes; nothing where the
    /// file cannot draft.
    MemoryPlan plan(int n_ctx, int n_draft = 0, KvType kv = KvType::f32) const;

    Result<std::vector<int32_t>> tokenize(std::string_view text, TokenizeOptions options = {}) const;
    /// The bytes of one token; may be part of a UTF-8 character. Empty for an id out of range.
    std::string token_bytes(int32_t id) const;
    std::string detokenize(std::span<const int32_t> ids) const;
    bool is_end_of_generation(int32_t id) const;
    /// Errors: unsupported when the file has no template; format with row and column when the template is at fault;
    /// invalid_argument when tools or arguments of a call are no JSON of the shape that ToolCall and RenderOptions say.
    Result<RenderedPrompt> render(std::span<const ChatMessage> messages, RenderOptions options = {}) const;
    /// The same with as few as possible of the oldest turns (a user's message and what follows it) left out, so that
    /// the prompt has at most `max_tokens`; what stands before the first turn and the last turn stay. Errors: those of
    /// render; context_full when the last turn alone is too long.
    Result<FittedChat> render_within(std::span<const ChatMessage> messages, int max_tokens,
                                     RenderOptions options = {}) const;

    const std::shared_ptr<const ModelState>& state() const { return m_state; } ///< for the engine's own layers

    explicit Model(std::shared_ptr<const ModelState> state) : m_state(std::move(state)) {}

private:
    std::shared_ptr<const ModelState> m_state;
};

} // namespace conclave
