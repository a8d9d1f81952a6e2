#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "conclave/model.hpp"
#include "formats/model_file.hpp"
#include "model/config.hpp"
#include "model/engine_state.hpp"
#include "model/weights.hpp"
#include "text/chat_template.hpp"
#include "text/tokenizer.hpp"

namespace conclave
{

/// Everything behind a Model; immutable once opened.
class ModelState
{
public:
    ModelState(std::shared_ptr<EngineState> shared_engine, ModelFile opened)
        : engine(std::move(shared_engine)), file(std::move(opened))
    {
    }

    std::shared_ptr<EngineState> engine;
    ModelFile file;
    Config config;
    Weights weights;
    OpMemory device_weights; ///< what `weights` point into when a device computes
    ModelInfo info;
    uint64_t weights_bytes = 0;                  ///< of the file, behind the weights in use
    PerStage active_bytes{};                     ///< of the weights, read to compute one token
    uint64_t mtp_bytes = 0;                      ///< of the file, behind weights.mtp
    Error mtp_error{ErrorCode::unsupported, {}}; ///< why there is no weights.mtp

    std::shared_ptr<const Tokenizer> tokenizer;        ///< null: text_error says why
    std::shared_ptr<const ChatTemplate> chat_template; ///< null: template_error says why
    Error text_error{ErrorCode::unsupported, {}};
    Error template_error{ErrorCode::unsupported, {}};

    /// Errors: io when a file behind the weights shrank or could not be read. A few tenths of a microsecond per file.
    Result<void> check_mapping() const;
};

/// Puts the vocabulary and the chat template of the model's files into `model`; what is missing or unknown is kept as
/// text_error and template_error, so that a file without text still computes. Errors: format for a vocabulary that
/// contradicts itself.
Result<void> load_text(ModelState& model);

/// Rows a step of a session has at most unless its options say otherwise; what the plan assumes.
constexpr int default_prefill_chunk = 512;
/// Rows of logits computed at a time when tokens are scored.
constexpr int score_rows = 8;

/// Bytes a session holds besides its cache: the residual stream, logits, the sampler's candidates, the trace of one
/// step.
uint64_t session_bytes(const Weights& weights, const ModelInfo& info, int max_rows, bool drafts = false);

} // namespace conclave
