#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <vector>

#include <CLI/Validators.hpp>

#include "conclave/session.hpp"
#include "json.hpp"
#include "profile.hpp"
#include "program.hpp"
#include "sampling.hpp"
#include "terminal.hpp"

namespace conclave::cli
{

namespace
{

struct Options {
    int n_prompt = 512, n_gen = 64, repetitions = 3, depth = 0, n_draft = 0;
    bool profile = false;
};

struct Speeds {
    std::vector<double> prefill, decode;
    std::optional<int> n_drafted, n_accepted; ///< in all
};

Json median(std::vector<double> values)
{
    if (values.empty()) {
        return nullptr;
    }
    std::sort(values.begin(), values.end());
    const size_t n = values.size();
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/// Token ids that touch the whole vocabulary and do not repeat soon.
std::vector<int32_t> some_tokens(int n, int n_vocab)
{
    std::vector<int32_t> ids(static_cast<size_t>(n));
    uint64_t state = 1;
    for (int32_t& id : ids) {
        state = state * 6364136223846793005 + 1442695040888963407; // Knuth's MMIX generator
        id = static_cast<int32_t>((state >> 33) % static_cast<uint64_t>(n_vocab));
    }
    return ids;
}

Result<void> measure(Session& session, const Options& options, int n_vocab, Speeds& speeds, Profile& profile)
{
    Profile unmeasured; // of what fills the context, once; the prompts that follow it differ, so that each is read
    const std::vector<int32_t> ids = some_tokens(options.depth + (options.repetitions + 1) * options.n_prompt, n_vocab);
    GenerateRequest request;
    request.sampler = {.temperature = 0, .seed = 1};
    request.n_top = 0;
    request.ignore_end = true;
    request.max_tokens = 0;
    request.prompt_ids.assign(ids.begin(), ids.begin() + options.depth);
    if (options.depth > 0) {
        if (auto filled = session.generate(request, unmeasured); !filled) {
            return filled.error();
        }
    }
    request.max_tokens = options.n_gen;
    for (int run = 0; run <= options.repetitions; ++run) {
        request.prompt_ids.resize(static_cast<size_t>(options.depth));
        const auto prompt = ids.begin() + options.depth + run * options.n_prompt;
        request.prompt_ids.insert(request.prompt_ids.end(), prompt, prompt + options.n_prompt);
        profile.begin_run();
        const auto stats = session.generate(request, profile);
        if (!stats) {
            return stats.error();
        }
        if (run == 0) {
            profile.clear();
            continue; // the warm-up brings pages and caches in
        }
        if (stats->prefill_tps) {
            speeds.prefill.push_back(*stats->prefill_tps);
        }
        if (stats->decode_tps) {
            speeds.decode.push_back(*stats->decode_tps);
        }
        if (stats->n_drafted) {
            speeds.n_drafted = speeds.n_drafted.value_or(0) + *stats->n_drafted;
            speeds.n_accepted = speeds.n_accepted.value_or(0) + *stats->n_accepted;
        }
    }
    return {};
}

/// Bytes of the cache that a decoded token reads, on average: the first comes with the prompt, and each later one sees
/// all that is before it and itself. Absent where nothing is decoded so.
std::optional<double> mean_kv_bytes(const Model& model, const Options& options, KvType kv)
{
    uint64_t sum = 0;
    for (int i = 1; i < options.n_gen; ++i) {
        sum += model.plan(options.depth + options.n_prompt + i, 0, kv).active_kv_bytes;
    }
    return options.n_gen < 2 ? std::nullopt : std::optional(static_cast<double>(sum) / (options.n_gen - 1));
}

/// Bytes a second when each token reads that many. With drafts two tokens may share what is read, so that there is no
/// such speed.
Json gbps(const Json& tps, const Options& options, std::optional<double> bytes)
{
    const bool known = !tps.is_null() && options.n_draft == 0 && bytes;
    return known ? Json(tps.get<double>() * *bytes / 1e9) : Json(nullptr);
}

void print_text(const Json& result)
{
    const auto number = [&](const char* key) { return result[key].is_number() ? result[key].get<double>() : 0.0; };
    std::printf("prefill %10.1f tokens/s (%d tokens at depth %d)\n", number("prefill_tps"),
                result["n_prompt"].get<int>(), result["depth"].get<int>());
    if (result["decode_tps"].is_number()) {
        std::printf("decode  %10.1f tokens/s (%d tokens)", number("decode_tps"), result["n_gen"].get<int>());
    } else {
        std::printf("decode  not measured: it takes two tokens or more");
    }
    if (result["achieved_with_kv_gbps"].is_number()) {
        std::printf(", %.2f of %.2f GB/s, of weights alone %.2f", number("achieved_with_kv_gbps"),
                    number("machine_gbps"), number("achieved_gbps"));
    }
    std::printf("\n");
    if (result["n_drafted"].is_number()) {
        std::printf("drafts  %10d of %d accepted\n", result["n_accepted"].get<int>(), result["n_drafted"].get<int>());
    }
    const auto size = [&](const char* key) { return size_text(static_cast<uint64_t>(number(key))); };
    std::printf("%d threads, %s kernels, %s of weights a token", result["threads"].get<int>(),
                result["kernels"].get<std::string>().c_str(), size("bytes_per_token").c_str());
    if (result["kv_bytes_per_token"].is_number()) {
        std::printf(" and %s of cache", size("kv_bytes_per_token").c_str());
    }
    std::printf("\ncache of %s in %s\n", size("kv_bytes").c_str(), result["kv"].get<std::string>().c_str());
}

int run(const Common& common, const Options& options)
{
    const auto opened = open_model(common);
    if (!opened) {
        return report(opened.error());
    }
    const ModelInfo& info = opened->model->info();
    const int n_ctx = options.depth + options.n_prompt + options.n_gen + 1;
    auto session = Session::create(
        opened->model, {.n_ctx = n_ctx, .kv = kv_type(common), .trace = common.trace, .n_draft = options.n_draft});
    if (!session) {
        return report(session.error());
    }
    Speeds speeds;
    Profile profile;
    if (const auto measured = measure(*session, options, info.n_vocab, speeds, profile); !measured) {
        return report(measured.error());
    }
    const KvType kv = kv_type(common);
    const MemoryPlan plan = opened->model->plan(n_ctx, options.n_draft, kv);
    const auto weights = static_cast<double>(plan.active_bytes);
    const std::optional<double> cache = mean_kv_bytes(*opened->model, options, kv);
    const Json decode_tps = median(speeds.decode);
    Json result = {
        {"prefill_tps", median(speeds.prefill)},
        {"decode_tps", decode_tps},
        {"prefill_tps_all", speeds.prefill},
        {"decode_tps_all", speeds.decode},
        {"n_prompt", options.n_prompt},
        {"n_gen", options.n_gen},
        {"depth", options.depth},
        {"threads", opened->engine.n_threads()},
        {"kernels", opened->engine.kernels()},
        {"bytes_per_token", plan.active_bytes},
        {"achieved_gbps", gbps(decode_tps, options, weights)},
        {"machine_gbps", opened->engine.read_bandwidth() / 1e9},
        {"kv", kv_type_name(kv)},
        {"kv_bytes", plan.kv_bytes},
        {"kv_bytes_per_token", or_null(cache)},
        {"achieved_with_kv_gbps", gbps(decode_tps, options, cache ? std::optional(weights + *cache) : std::nullopt)},
        {"n_drafted", or_null(speeds.n_drafted)},
        {"n_accepted", or_null(speeds.n_accepted)}};
    if (options.profile) {
        result["profile"] = {{"prefill", profile.report(Phase::prefill, plan)},
                             {"decode", profile.report(Phase::decode, plan)}};
    }
    if (common.json) {
        print_json(result);
    } else {
        print_text(result);
        if (options.profile) {
            print_profile(result["profile"]["prefill"], result["profile"]["decode"]);
        }
    }
    return ok;
}

} // namespace

void add_bench(CLI::App& app, Common& common, int& status)
{
    CLI::App& command = *app.add_subcommand(
        "bench",
        "Tokens per second; one warm-up, then medians. Beside them the bandwidth reached: what a token reads of "
        "the weights and, averaged over the generated ones, of the cache");
    add_common(command, common);
    add_kv(command, common);
    auto options = std::make_shared<Options>();
    command.add_option("-p", options->n_prompt, "prompt tokens")->check(CLI::Range(1, 1 << 20))->capture_default_str();
    command.add_option("-n", options->n_gen, "generated tokens")->check(CLI::Range(0, 1 << 20))->capture_default_str();
    command.add_option("-r", options->repetitions, "repetitions")->check(CLI::Range(1, 1000))->capture_default_str();
    command.add_option("-d", options->depth, "tokens already in the context")
        ->check(CLI::Range(0, 1 << 20))
        ->capture_default_str();
    CLI::Option* profile = command.add_flag("--profile", options->profile,
                                            "where the time goes: each stage, all layers of a kind together");
    add_draft(command, options->n_draft)->excludes(profile); // whose tokens each read all weights
    command.callback([&common, &status, options] { status = run(common, *options); });
}

} // namespace conclave::cli
