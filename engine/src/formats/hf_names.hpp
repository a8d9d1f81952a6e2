#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace conclave
{

/// Where GGUF has what a Hugging Face file calls by another name.
struct GgufPlace {
    std::string name; ///< "blk.3.ffn_up_exps.weight"
    int expert = -1;  ///< which matrix of the stack; -1: the tensor is whole
};

/// Of every published name: one that no family has stands in its layer under its own name ("blk.3.self_attn.x.weight"),
/// and outside the layers is unchanged.
GgufPlace gguf_place(std::string_view published);

/// The other way round, for messages; a star is an expert's number. Mixtral and DeepSeek have names of their own.
std::function<std::string(std::string_view gguf_name)> published_tensors(std::string_view gguf_architecture,
                                                                         bool is_mixtral);

} // namespace conclave
