#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <vector>

#include <CLI/Validators.hpp>

#include "conclave/session.hpp"
#include "json.hpp"
#include "program.hpp"
#include "sampling.hpp"
#include "terminal.hpp"

namespace conclave::cli
{

namespace
{

/// What happens when the chat no longer fits the context.
enum class WhenFull { ask, drop, stop };

struct Options {
    std::string system, tools;
    WhenFull when_full = WhenFull::stop;
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
            const std::string text = without_controls(event.text);
            std::fwrite(text.data(), 1, text.size(), stdout);
            std::fflush(stdout);
        }
    }
    void on_step(const StepTrace&) override {}

    std::string answer;

private:
    bool m_stream;
};

/// Tokens kept free for an answer.
int answer_room(const Options& options, int n_ctx)
{
    const int room = n_ctx / 4;
    return options.sampling.max_tokens >= 0 ? std::clamp(options.sampling.max_tokens, 1, room) : room;
}

/// "yes" to a question on stderr; the end of input is a no.
bool agrees(const std::string& question)
{
    std::fprintf(stderr, "%s [y/N] ", question.c_str());
    std::string line;
    return std::getline(std::cin, line) && (line.starts_with('y') || line.starts_with('Y'));
}

/// The prompt of the chat, whose oldest turns go where that is wanted and needed; says so on stderr.
Result<RenderedPrompt> fitted(const Options& options, const Model& model, int n_ctx, std::vector<ChatMessage>& messages,
                              int& n_dropped)
{
    auto whole = model.render(messages, {.tools = options.tools});
    n_dropped = 0;
    if (!whole || static_cast<int>(whole->ids.size()) <= n_ctx - answer_room(options, n_ctx) ||
        options.when_full == WhenFull::stop) {
        return whole; // too long a prompt is refused where it is computed
    }
    // A quarter more than needed goes, so that the next turns find what they share with this one in the cache.
    auto fits = model.render_within(messages, (n_ctx - answer_room(options, n_ctx)) * 3 / 4, {.tools = options.tools});
    if (!fits) {
        fits = model.render_within(messages, n_ctx - answer_room(options, n_ctx), {.tools = options.tools});
    }
    if (!fits) {
        return fits.error();
    }
    const std::string what = "the oldest " + std::to_string(fits->n_dropped) + " messages";
    if (options.when_full == WhenFull::ask &&
        !agrees("The context of " + std::to_string(n_ctx) + " tokens is full. Leave out " + what + "?")) {
        return Error{ErrorCode::context_full, "the chat no longer fits the context of " + std::to_string(n_ctx) +
                                                  " tokens, and nothing was left out; ask for more with --ctx"};
    }
    std::fprintf(stderr, "[%s no longer fit the context and are left out]\n", what.c_str());
    const auto first = messages.begin() + fits->first_dropped;
    messages.erase(first, first + fits->n_dropped);
    n_dropped = fits->n_dropped;
    return std::move(fits->prompt);
}

/// Asks one question; the chat grows by it and by its answer.
Result<void> turn(const Common& common, const Options& options, const Model& model, Session& session,
                  std::vector<ChatMessage>& messages)
{
    int n_dropped = 0;
    auto rendered = fitted(options, model, session.n_ctx(), messages, n_dropped);
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
                    {"seed", stats->seed},
                    {"n_dropped", n_dropped},
                    {"n_drafted", or_null(stats->n_drafted)},
                    {"n_accepted", or_null(stats->n_accepted)}});
    } else {
        std::printf("\n\n");
        std::fflush(stdout);
        if (stats->stop != StopReason::end_of_text) { // else a cut answer looks like a whole one
            std::fprintf(stderr, "[%s]\n", stop_name(stats->stop));
        }
        if (const std::string drafts = drafts_text(*stats); !drafts.empty()) {
            std::fprintf(stderr, "[%s]\n", drafts.c_str());
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
    auto session = Session::create(opened->model, {.n_ctx = options.sampling.n_ctx,
                                                   .kv = kv_type(common),
                                                   .trace = common.trace,
                                                   .n_draft = options.sampling.n_draft});
    if (!session) {
        return report(session.error());
    }
    std::vector<ChatMessage> messages;
    if (!options.system.empty()) {
        messages.push_back({Role::system, options.system});
    }
    // The prompt goes to stderr, so that what a pipe receives is answers alone; questions from a pipe need none.
    const bool asks = stdin_is_terminal();
    if (asks) {
        std::fprintf(stderr, "%s: one question a line, end with Ctrl+D.\n> ", opened->model->info().name.c_str());
    }
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
        if (asks) {
            std::fprintf(stderr, "> ");
        }
    }
    if (asks) {
        std::fprintf(stderr, "\n");
    }
    return ok;
}

} // namespace

void add_chat(CLI::App& app, Common& common, int& status)
{
    CLI::App& command = *app.add_subcommand("chat", "A chat in the terminal; without MODEL the built-in one answers");
    add_common(command, common, false);
    add_kv(command, common);
    auto options = std::make_shared<Options>();
    command.add_option("--system", options->system, "a system prompt");
    command
        .add_option("--when-full", options->when_full,
                    "what to do with a chat longer than the context: ask, drop the oldest turns, or stop")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, WhenFull>{{"ask", WhenFull::ask}, {"drop", WhenFull::drop}, {"stop", WhenFull::stop}},
            CLI::ignore_case));
    add_tools(command, options->tools);
    add_sampling(command, options->sampling);
    command.callback([&common, &status, options] { status = run(common, *options); });
}

} // namespace conclave::cli
