#include "sampling.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/Error.hpp>
#include <CLI/Option.hpp>
#include <CLI/StringTools.hpp>
#include <CLI/Validators.hpp>

#include "conclave/grammar.hpp"

namespace conclave::cli
{

const char* stop_name(StopReason reason)
{
    switch (reason) {
    case StopReason::end_of_text:
        return "end_of_text";
    case StopReason::max_tokens:
        return "max_tokens";
    case StopReason::context_full:
        return "context_full";
    case StopReason::stopped:
        return "stopped";
    case StopReason::stop_string:
        return "stop_string";
    }
    return "";
}

namespace
{

std::string read_text(const std::string& option, const std::string& path)
{
    const std::filesystem::path name(std::u8string(path.begin(), path.end()));
    std::ifstream file(name, std::ios::binary);
    std::error_code unknown; // is no folder
    if (!file || std::filesystem::is_directory(name, unknown)) {
        throw CLI::ValidationError(option, "cannot read '" + path + "'");
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

CLI::Option* add_tools(CLI::App& command, std::string& tools)
{
    return command.add_option_function<std::string>(
        "--tools",
        [&tools](const std::string& path) {
            tools = read_text("--tools", path);
            if (tools.empty()) {
                throw CLI::ValidationError("--tools", "'" + path + "' is empty");
            }
        },
        R"(file of the functions the model may call: a JSON array of {"type": "function", "function": {…}})");
}

namespace
{

/// "15043+1", "15043-0.5" or "15043-inf".
LogitBias read_logit_bias(const std::string& text)
{
    const char* const end = text.data() + text.size();
    LogitBias bias;
    const auto id = std::from_chars(text.data(), end, bias.id);
    if (id.ec == std::errc() && id.ptr != end && (*id.ptr == '+' || *id.ptr == '-')) {
        const auto number = std::from_chars(id.ptr + 1, end, bias.bias);
        if (number.ec == std::errc() && number.ptr == end) {
            bias.bias = *id.ptr == '-' ? -bias.bias : bias.bias;
            return bias;
        }
    }
    throw CLI::ValidationError("--logit-bias", "'" + text + "' is no token id with a sign and a bias, as in 15043+1");
}

std::string default_order()
{
    std::string names;
    for (const SamplerStage stage : SamplerOptions().order) {
        names += names.empty() ? "" : ";";
        names += sampler_stage_name(stage);
    }
    return names;
}

std::vector<SamplerStage> read_order(const std::string& names)
{
    std::vector<SamplerStage> order;
    for (const std::string& name : CLI::detail::split(names, ';')) {
        const auto stage = sampler_stage(name);
        if (!stage) {
            throw CLI::ValidationError("--samplers", "'" + name + "' is no sampler; the default is " + default_order());
        }
        order.push_back(*stage);
    }
    return order;
}

void add_truncation(CLI::App& command, SamplerOptions& sampler)
{
    command.add_option("--top-k", sampler.top_k, "keep the k most probable; 0: off")->capture_default_str();
    command.add_option("--top-p", sampler.top_p, "keep the most probable that reach p; 1: off")->capture_default_str();
    command.add_option("--min-p", sampler.min_p, "keep what has p times the best one's probability; 0: off")
        ->capture_default_str();
    command.add_option("--typical", sampler.typical_p, "typical-p: keep the least surprising that reach p; 1: off")
        ->capture_default_str();
    command
        .add_option("--top-n-sigma,--top-nsigma", sampler.top_n_sigma,
                    "keep logits within n deviations of the best; 0: off")
        ->capture_default_str();
    command.add_option("--xtc-probability", sampler.xtc_probability, "chance to exclude top choices; 0: off")
        ->capture_default_str();
    command.add_option("--xtc-threshold", sampler.xtc_threshold, "what XTC takes for likely")->capture_default_str();
    command.add_option("--mirostat", sampler.mirostat, "0: off; 1 or 2, in place of the truncations above")
        ->capture_default_str();
    command.add_option("--mirostat-ent", sampler.mirostat_tau, "target surprise, bits")->capture_default_str();
    command.add_option("--mirostat-lr", sampler.mirostat_eta, "learning rate")->capture_default_str();
}

void add_penalties(CLI::App& command, SamplerOptions& sampler)
{
    command
        .add_option("--repeat-penalty,--repetition-penalty", sampler.repetition_penalty,
                    "divides logits of what came; 1: off")
        ->capture_default_str();
    command.add_option("--presence-penalty", sampler.presence_penalty, "taken once from what came; 0: off")
        ->capture_default_str();
    command.add_option("--frequency-penalty", sampler.frequency_penalty, "taken each time it came; 0: off")
        ->capture_default_str();
    command
        .add_option("--repeat-last-n", sampler.repetition_window, "tokens the three penalties look back over; -1: all")
        ->capture_default_str();
    command.add_option("--dry-multiplier", sampler.dry_multiplier, "penalty on repeating runs; 0: off")
        ->capture_default_str();
    command.add_option("--dry-base", sampler.dry_base, "growth of the penalty per token")->capture_default_str();
    command.add_option("--dry-allowed-length", sampler.dry_allowed_length, "shorter repeats cost nothing")
        ->capture_default_str();
    command.add_option("--dry-penalty-last-n", sampler.dry_window, "tokens DRY looks back over; -1: all")
        ->capture_default_str();
    command.add_option_function<std::vector<std::string>>(
        "--dry-sequence-breaker",
        [&sampler](const std::vector<std::string>& breakers) {
            sampler.dry_breakers = breakers == std::vector<std::string>{"none"} ? std::vector<std::string>{} : breakers;
        },
        "text that ends a repeat, in place of newline, colon, quote and asterisk; once for each, or none");
    command.add_option_function<std::vector<std::string>>(
        "-l,--logit-bias",
        [&sampler](const std::vector<std::string>& biases) {
            for (const std::string& text : biases) {
                sampler.logit_bias.push_back(read_logit_bias(text));
            }
        },
        "ID+BIAS or ID-BIAS, added to the token's logit; ID-inf bans it");
    command
        .add_option_function<std::vector<int32_t>>(
            "--ban-tokens",
            [&sampler](const std::vector<int32_t>& ids) {
                for (const int32_t id : ids) {
                    sampler.logit_bias.push_back({id, -std::numeric_limits<float>::infinity()});
                }
            },
            "token ids that never come, separated by commas")
        ->delimiter(',');
}

std::string checked(const std::string& option, const std::string& gbnf)
{
    if (const auto fits = check_grammar(gbnf); !fits) {
        throw CLI::ValidationError(option, fits.error().message);
    }
    return gbnf;
}

std::string grammar_of(const std::string& option, const std::string& schema)
{
    auto grammar = grammar_from_json_schema(schema);
    if (!grammar) {
        throw CLI::ValidationError(option, grammar.error().message);
    }
    return *std::move(grammar);
}

/// Four ways to one grammar.
void add_grammar(CLI::App& command, std::string& grammar)
{
    auto* const text = command.add_option_function<std::string>(
        "--grammar", [&grammar](const std::string& gbnf) { grammar = checked("--grammar", gbnf); },
        "GBNF that the answer must fit");
    auto* const file = command.add_option_function<std::string>(
        "--grammar-file",
        [&grammar](const std::string& path) { grammar = checked("--grammar-file", read_text("--grammar-file", path)); },
        "the same from a file");
    auto* const schema = command.add_option_function<std::string>(
        "-j,--json-schema", [&grammar](const std::string& json) { grammar = grammar_of("--json-schema", json); },
        "JSON schema that the answer must fit; {} is any JSON");
    auto* const schema_file = command.add_option_function<std::string>(
        "--json-schema-file",
        [&grammar](const std::string& path) {
            grammar = grammar_of("--json-schema-file", read_text("--json-schema-file", path));
        },
        "the same from a file");
    text->excludes(file)->excludes(schema)->excludes(schema_file);
    file->excludes(schema)->excludes(schema_file);
    schema->excludes(schema_file);
}

} // namespace

void add_sampling(CLI::App& command, Sampling& sampling)
{
    SamplerOptions& sampler = sampling.sampler;
    command.add_option("-s,--seed", sampler.seed, "the same seed gives the same answer");
    command.add_option("--temp", sampler.temperature, "temperature; 0 takes the most probable token")
        ->capture_default_str();
    command.add_option("--dynatemp-range", sampler.dynatemp_range, "temperature ± range, by the entropy; 0: off")
        ->capture_default_str();
    command.add_option("--dynatemp-exp", sampler.dynatemp_exponent, "exponent of the entropy")->capture_default_str();
    add_truncation(command, sampler);
    add_penalties(command, sampler);
    command.add_option_function<std::string>(
        "--samplers", [&sampler](const std::string& names) { sampler.order = read_order(names); },
        "stages in order, separated by semicolons; one left out is off");
    command.add_option("-r,--stop,--reverse-prompt", sampling.stop,
                       "text that ends the answer, once for each; it is not printed");
    add_grammar(command, sampling.grammar);
    command.add_option("-n,--max-tokens", sampling.max_tokens, "tokens to generate at most; -1: no limit")
        ->check(CLI::Range(-1, 1 << 24));
    command.add_option("--ctx", sampling.n_ctx, "tokens of context; 0: the model's, at most 4096")
        ->check(CLI::Range(0, 1 << 24));
    command.add_option("--n-top", sampling.n_top, "alternatives reported per token")->check(CLI::Range(0, 64));
    command
        .add_option("--n-inspect", sampling.n_inspect,
                    "tokens reported of the distribution after each sampler, with --json")
        ->check(CLI::Range(0, 64));
    add_draft(command, sampling.n_draft);
}

CLI::Option* add_draft(CLI::App& command, int& n_draft)
{
    return command
        .add_option("--draft", n_draft,
                    "tokens that the model's MTP block guesses ahead, 0 or 1; the answer stays the same")
        ->check(CLI::Range(0, 1));
}

std::string drafts_text(const Stats& stats)
{
    if (!stats.n_drafted || !stats.n_accepted) {
        return {};
    }
    return std::to_string(*stats.n_accepted) + " of " + std::to_string(*stats.n_drafted) + " drafts accepted";
}

} // namespace conclave::cli
