#include <memory>

#include "conclave/trace.hpp"
#include "json.hpp"
#include "program.hpp"
#include "routes.hpp"

namespace conclave::cli
{

namespace
{

Json header_json(const TraceHeader& h)
{
    return {{"record", "header"},
            {"model_name", h.model_name},
            {"architecture", h.architecture},
            {"file_hash", h.file_hash},
            {"quant", h.quant},
            {"kernels", h.kernels},
            {"routing_rule", h.routing_rule},
            {"routing_rule_source", h.routing_rule_source},
            {"app_version", h.app_version},
            {"moe_layers", h.moe_layers},
            {"n_layers", h.n_layers},
            {"n_experts", h.n_experts},
            {"n_experts_used", h.n_experts_used},
            {"n_shared_experts", h.n_shared_experts},
            {"n_group", h.n_group},
            {"topk_group", h.topk_group},
            {"n_vocab", h.n_vocab},
            {"temperature", h.temperature},
            {"top_k", h.top_k},
            {"top_p", h.top_p},
            {"min_p", h.min_p},
            {"repetition_penalty", h.repetition_penalty},
            {"seed", h.seed},
            {"unix_ms", h.unix_ms}};
}

Json prompt_json(const TracePrompt& prompt)
{
    static constexpr const char* roles[] = {"system", "user", "assistant", "tool"};
    Json messages = Json::array();
    for (const ChatMessage& message : prompt.messages) {
        messages.push_back({{"role", roles[static_cast<size_t>(message.role)]}, {"content", message.content}});
    }
    return {{"record", "prompt"},
            {"messages", messages},
            {"ids", prompt.ids},
            {"pieces", prompt.pieces},
            {"n_cached", prompt.n_cached}};
}

Json token_json(const TraceHeader& header, const TraceToken& token)
{
    Json top = Json::array();
    for (const auto& [id, logprob] : token.top) {
        top.push_back(Json::array({id, logprob}));
    }
    Json routes = Json::array();
    const size_t k = static_cast<size_t>(header.n_experts_used);
    for (size_t m = 0; token.has_routes && m < header.moe_layers.size(); ++m) {
        const auto from = static_cast<std::ptrdiff_t>(m * k), to = static_cast<std::ptrdiff_t>((m + 1) * k);
        routes.push_back({{"layer", header.moe_layers[m]},
                          {"ids", std::vector<int>(token.ids.begin() + from, token.ids.begin() + to)},
                          {"weights", std::vector<float>(token.weights.begin() + from, token.weights.begin() + to)},
                          {"margin", token.margins[m]},
                          {"groups", group_list(token.groups[m])}});
    }
    return {{"record", "token"},
            {"generated", token.generated},
            {"position", token.position},
            {"id", token.id},
            {"text", token.text},
            {"logprob", or_null(token.logprob)},
            {"entropy", or_null(token.entropy)},
            {"top", top},
            {"routes", routes},
            {"t_ns", or_null(token.t_ns)}};
}

int dump(const std::string& file)
{
    const auto trace = read_trace(std::filesystem::path(std::u8string(file.begin(), file.end())));
    if (!trace) {
        return report(trace.error());
    }
    print_json(header_json(trace->header));
    print_json(prompt_json(trace->prompt));
    for (const TraceToken& token : trace->tokens) {
        print_json(token_json(trace->header, token));
    }
    if (trace->end) {
        const TraceEnd& end = *trace->end;
        print_json({{"record", "end"},
                    {"stop", end.stop},
                    {"n_prompt", end.n_prompt},
                    {"n_cached", end.n_cached},
                    {"n_generated", end.n_generated},
                    {"ttft_ms", end.ttft_ms},
                    {"prefill_tps", or_null(end.prefill_tps)},
                    {"decode_tps", or_null(end.decode_tps)},
                    {"sum_counts", end.sum_counts}});
    } else {
        print_json({{"record", "cut_short"}});
    }
    return ok;
}

} // namespace

void add_trace(CLI::App& app, Common&, int& status)
{
    CLI::App& command = *app.add_subcommand("trace", "Recorded runs (*.ctr)");
    command.require_subcommand(1);
    CLI::App& dump_command = *command.add_subcommand("dump", "A recorded run as JSON, a line a record");
    auto file = std::make_shared<std::string>();
    dump_command.add_option("FILE", *file, "a .ctr file")->required();
    dump_command.add_flag("--json", "the output is JSON either way");
    dump_command.callback([&status, file] { status = dump(*file); });
}

} // namespace conclave::cli
