#include <cstdio>
#include <iostream>
#include <memory>
#include <vector>

#include "conclave/session.hpp"
#include "json.hpp"
#include "program.hpp"
#include "sampling.hpp"

namespace conclave::cli
{

namespace
{

struct Options {
    std::string system;
    Sampling sampling;
};

/// The built-in model, at the same place beside the program installed and in the build tree.
Result<std::string> builtin_model(const Common& common)
{
    std::error_code ignored;
    const std::filesystem::path prefix = common.program.parent_path().parent_path();
    const std::filesystem::path file = prefix / "share" / "conclave" / "models" / "guide-ds.gguf";
    if (!std::filesystem::is_regular_file(file, ignored))
        return Error{
            ErrorCode::io,
            "the built-in model is not installed beside this program; name a .gguf file: conclave-cli chat FILE"};
    const std::u8string utf8 = file.u8string();
    return std::string(utf8.begin(), utf8.end());
}

class AnswerSink : public EventSink
{
public:
    explicit AnswerSink(bool stream) : m_stream(stream) {}
    void on_token(const TokenEvent& event) override
    {
        answer += event.text;
        if (m_stream) {
            std::fwrite(event.text.data(), 1, event.text.size(), stdout);
            std::fflush(stdout);
        }
    }
    void on_step(const StepTrace&) override {}

    std::string answer;

private:
    bool m_stream;
};

/// Asks one question; the chat grows by it and by its answer.
Result<void> turn(const Common& common, const Options& options, const Model& model, Session& session,
                  std::vector<ChatMessage>& messages)
{
    auto rendered = model.render(messages);
    if (!rendered) {
        return rendered.error();
    }
    AnswerSink sink(!common.json);
    const GenerateRequest request{.prompt_ids = std::move(rendered->ids),
                                  .sampler = options.sampling.sampler,
                                  .max_tokens = options.sampling.max_tokens,
                                  .stop = options.sampling.stop,
                                  .grammar = options.sampling.grammar,
                                  .n_top = 0};
    const auto stats = session.generate(request, sink);
    if (!stats) {
        return stats.error();
    }
    if (common.json) {
        print_json({{"answer", sink.answer},
                    {"stop", stop_name(stats->stop)},
                    {"n_prompt", stats->n_prompt},
                    {"n_cached", stats->n_cached},
                    {"n_generated", stats->n_generated},
                    {"seed", stats->seed}});
    } else {
        std::printf("\n\n");
        std::fflush(stdout);
        if (stats->stop != StopReason::end_of_text) { // else a cut answer looks like a whole one
            std::fprintf(stderr, "[%s]\n", stop_name(stats->stop));
        }
    }
    messages.push_back({Role::assistant, (rendered->opens_thinking ? "<think>" : "") + sink.answer});
    return {};
}

int run(Common common, const Options& options)
{
    if (common.model.empty()) {
        auto found = builtin_model(common);
        if (!found) {
            return report(found.error());
        }
        common.model = *std::move(found);
    }
    const auto opened = open_model(common);
    if (!opened) {
        return report(opened.error());
    }
    if (!opened->model->info().has_chat_template) {
        return report(opened->model->render({}).error());
    }
    auto session = Session::create(opened->model, {.n_ctx = options.sampling.n_ctx, .trace = common.trace});
    if (!session) {
        return report(session.error());
    }
    std::vector<ChatMessage> messages;
    if (!options.system.empty()) {
        messages.push_back({Role::system, options.system});
    }
    // The prompt goes to stderr, so that what a pipe receives is answers alone.
    std::fprintf(stderr, "%s: one question a line, end with Ctrl+D.\n> ", opened->model->info().name.c_str());
    std::string line;
    while (std::getline(std::cin, line)) {
        if (!line.empty() && line.back() == '\r') {
            line.pop_back();
        }
        if (!line.empty()) {
            messages.push_back({Role::user, line});
            if (const auto answered = turn(common, options, *opened->model, *session, messages); !answered) {
                return report(answered.error());
            }
        }
        std::fprintf(stderr, "> ");
    }
    std::fprintf(stderr, "\n");
    return ok;
}

} // namespace

void add_chat(CLI::App& app, Common& common, int& status)
{
    CLI::App& command = *app.add_subcommand("chat", "A chat in the terminal; without MODEL the built-in one answers");
    add_common(command, common, false);
    auto options = std::make_shared<Options>();
    command.add_option("--system", options->system, "a system prompt");
    add_sampling(command, options->sampling);
    command.callback([&common, &status, options] { status = run(common, *options); });
}

} // namespace conclave::cli
