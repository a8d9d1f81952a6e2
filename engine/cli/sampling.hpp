#pragma once

#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "conclave/session.hpp"

namespace conclave::cli
{

/// As the command line prints it.
const char* stop_name(StopReason reason);

/// What `generate` and `chat` share.
struct Sampling {
    SamplerOptions sampler;
    std::vector<std::string> stop;
    std::string grammar; ///< GBNF, from whichever option gave it
    int max_tokens = -1;
    int n_ctx = 0;
    int n_top = 5;
    int n_inspect = 0;
    int n_draft = 0;
};

void add_sampling(CLI::App& command, Sampling& sampling);
/// The option --tools, a file whose text is put into `tools`; what it says is read where the chat is rendered.
CLI::Option* add_tools(CLI::App& command, std::string& tools);
CLI::Option* add_draft(CLI::App& command, int& n_draft);
/// "61 of 80 drafts accepted"; empty when nothing drafts.
std::string drafts_text(const Stats& stats);

} // namespace conclave::cli
