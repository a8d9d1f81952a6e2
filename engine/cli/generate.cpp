#include <cstdio>
#include <memory>
#include <optional>
#include <vector>

#include "conclave/session.hpp"
#include "json.hpp"
#include "program.hpp"
#include "routes.hpp"
#include "sampling.hpp"
#include "terminal.hpp"

namespace conclave::cli
{

namespace
{

struct Options {
    std::string prompt, system, tools;
    std::vector<int32_t> ids;
    bool raw = false;
    Sampling sampling;
};

Json alternatives(std::span<const TokenAlternative> top)
{
    Json out = Json::array();
    for (const TokenAlternative& alternative : top) {
        out.push_back(Json::array({alternative.id, alternative.logprob}));
    }
    return out;
}

/// The distribution after each stage; "model" is what the chain began with.
Json stages_of(std::span<const SamplerReport> stages)
{
    Json out = Json::array();
    for (const SamplerReport& report : stages) {
        out.push_back({{"stage", report.stage ? sampler_stage_name(*report.stage) : "model"},
                       {"n", report.n_candidates},
                       {"entropy", report.entropy},
                       {"top", alternatives(report.top)}});
    }
    return out;
}

/// A line a token. The routes of a token are those of its row as input, so its line is printed one step later.
class JsonSink : public EventSink
{
public:
    explicit JsonSink(const ModelInfo& info) : m_info(info) {}
    void on_token(const TokenEvent& event) override
    {
        m_text += event.text;
        m_pending = Json{{"i", event.index},
                         {"id", event.id},
                         {"text", std::string(event.text)},
                         {"logprob", event.logprob},
                         {"top", alternatives(event.top)},
                         {"routes", Json::array()},
                         {"t_ns", event.t_ns}};
        if (!event.stages.empty()) {
            (*m_pending)["sampling"] = stages_of(event.stages);
        }
    }
    void on_step(const StepTrace& step) override
    {
        if (step.phase == Phase::decode && m_pending) {
            (*m_pending)["routes"] = routes_of(step, 0, m_info.moe_layers);
            flush();
        }
    }
    void flush()
    {
        if (m_pending) {
            print_json(*m_pending);
            m_pending.reset();
        }
    }
    const std::string& text() const { return m_text; }

private:
    const ModelInfo& m_info;
    std::optional<Json> m_pending;
    std::string m_text;
};

/// The text as it comes; ids, where the file has no vocabulary to make text of them.
class TextSink : public EventSink
{
public:
    explicit TextSink(bool has_text) : m_has_text(has_text) {}
    void on_token(const TokenEvent& event) override
    {
        const std::string text = m_has_text ? without_controls(event.text) : std::to_string(event.id) + " ";
        std::fwrite(text.data(), 1, text.size(), stdout);
        std::fflush(stdout);
    }
    void on_step(const StepTrace&) override {}

private:
    bool m_has_text;
};

Result<std::vector<int32_t>> prompt_ids(const Model& model, const Options& options)
{
    if (!options.ids.empty()) {
        return options.ids;
    }
    const bool raw = options.raw || !model.info().has_chat_template;
    if (raw && !options.system.empty()) {
        return Error{ErrorCode::invalid_argument,
                     "a system prompt needs a chat template; leave out --system and --raw"};
    }
    if (raw && !options.tools.empty()) {
        return Error{ErrorCode::invalid_argument, "tools need a chat template; leave out --tools and --raw"};
    }
    if (raw) {
        return model.tokenize(options.prompt, {.add_bos = model.info().adds_bos, .parse_special = options.raw});
    }
    std::vector<ChatMessage> messages;
    if (!options.system.empty()) {
        messages.push_back({Role::system, options.system});
    }
    messages.push_back({Role::user, options.prompt});
    auto rendered = model.render(messages, {.tools = options.tools});
    if (!rendered) {
        return rendered.error();
    }
    return std::move(rendered->ids);
}

void print_summary(const Stats& stats)
{
    std::fprintf(stderr, "\n[%d prompt tokens, %d generated, first after %.3g ms", stats.n_prompt, stats.n_generated,
                 stats.ttft_ms);
    if (stats.decode_tps) {
        std::fprintf(stderr, ", %.1f tokens/s", *stats.decode_tps);
    }
    if (const std::string drafts = drafts_text(stats); !drafts.empty()) {
        std::fprintf(stderr, ", %s", drafts.c_str());
    }
    std::fprintf(stderr, ", seed %llu, %s]\n", static_cast<unsigned long long>(stats.seed), stop_name(stats.stop));
}

int run(const Common& common, const Options& options)
{
    const auto opened = open_model(common);
    if (!opened) {
        return report(opened.error());
    }
    const Model& model = *opened->model;
    auto ids = prompt_ids(model, options);
    if (!ids) {
        return report(ids.error());
    }
    auto session = Session::create(opened->model, {.n_ctx = options.sampling.n_ctx,
                                                   .kv = kv_type(common),
                                                   .trace = common.trace,
                                                   .n_draft = options.sampling.n_draft});
    if (!session) {
        return report(session.error());
    }
    const GenerateRequest request{.prompt_ids = *std::move(ids),
                                  .sampler = options.sampling.sampler,
                                  .max_tokens = options.sampling.max_tokens,
                                  .stop = options.sampling.stop,
                                  .grammar = options.sampling.grammar,
                                  .n_top = options.sampling.n_top,
                                  .n_inspect = options.sampling.n_inspect};
    if (!common.json) {
        TextSink sink(model.info().has_tokenizer);
        const auto stats = session->generate(request, sink);
        if (!stats) {
            return report(stats.error());
        }
        print_summary(*stats);
        return ok;
    }
    JsonSink sink(model.info());
    const auto stats = session->generate(request, sink);
    sink.flush();
    if (!stats) {
        return report(stats.error());
    }
    print_json({{"done", true},
                {"text", sink.text()},
                {"stop", stop_name(stats->stop)},
                {"n_prompt", stats->n_prompt},
                {"n_cached", stats->n_cached},
                {"n_generated", stats->n_generated},
                {"ttft_ms", stats->n_generated > 0 ? Json(stats->ttft_ms) : Json(nullptr)},
                {"prefill_tps", or_null(stats->prefill_tps)},
                {"decode_tps", or_null(stats->decode_tps)},
                {"seed", stats->seed},
                {"sum_counts", common.trace ? Json(stats->sum_counts) : Json(nullptr)},
                {"n_drafted", or_null(stats->n_drafted)},
                {"n_accepted", or_null(stats->n_accepted)}});
    return ok;
}

} // namespace

void add_generate(CLI::App& app, Common& common, int& status)
{
    CLI::App& command = *app.add_subcommand("generate", "One answer, a line a token with --json");
    add_common(command, common);
    add_kv(command, common);
    auto options = std::make_shared<Options>();
    CLI::Option* prompt = command.add_option("-p,--prompt", options->prompt, "what to ask");
    CLI::Option* ids =
        command.add_option("--ids", options->ids, "token ids to continue, separated by commas")->delimiter(',');
    ids->excludes(prompt);
    command.add_flag("--raw", options->raw, "no chat template: the text is continued, special tokens are read");
    CLI::Option* system = command.add_option("--system", options->system, "a system prompt");
    ids->excludes(system)->excludes(add_tools(command, options->tools));
    add_sampling(command, options->sampling);
    command.callback([&command, &common, &status, options] {
        if (command.count("--prompt") + command.count("--ids") == 0) {
            status = report({ErrorCode::invalid_argument, "nothing to generate from; give -p TEXT or --ids 1,2,3"});
            return;
        }
        status = run(common, *options);
    });
}

} // namespace conclave::cli
