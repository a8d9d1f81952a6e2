#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "conclave/chat.hpp"
#include "conclave/result.hpp"
#include "text/tokenizer.hpp"

namespace conclave
{

/// A model's own Jinja chat template, parsed once. Thread-safe.
class ChatTemplate
{
public:
    /// Errors: format with row, column and the line at fault.
    static Result<std::shared_ptr<const ChatTemplate>> create(std::string source, std::string bos_text,
                                                              std::string eos_text);

    /// Renders the chat and tokenises it. Special tokens come from the template alone: inside texts of users and of the
    /// system (and, but for the think marks, of the assistant) every special token's spelling is broken by a marker
    /// before rendering, and the marker is taken out again after special tokens were split off. RenderedPrompt::text
    /// has no markers.
    Result<RenderedPrompt> render(std::span<const ChatMessage> messages, const RenderOptions& options,
                                  const Tokenizer& tokenizer) const;

    struct Data;
    explicit ChatTemplate(std::unique_ptr<const Data> data);
    ~ChatTemplate();

private:
    std::unique_ptr<const Data> m_data;
};

} // namespace conclave
