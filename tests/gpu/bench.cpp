// Decode and prefill of models of published shapes with random weights, on one device. Prints JSON.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>

#include "conclave/engine.hpp"
#include "generate/forward.hpp"
#include "generated_weights.hpp"

namespace conclave::gpu
{

namespace
{

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

struct Options {
    std::string program_folder = ".", device = "cuda:0";
    std::vector<std::string> models;
    int n_decode = 64, n_prefill = 256, depth = 512;
    bool trace = true;
};

double seconds_since(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

ModelInfo describe(const ModelShape& shape)
{
    ModelInfo info;
    info.n_experts = shape.n_experts;
    info.n_experts_used = shape.n_experts_used;
    for (int i = shape.n_dense_layers; i < shape.n_layers; ++i) {
        info.moe_layers.push_back(i);
    }
    return info;
}

/// A sequence on generated weights.
class Run
{
public:
    static Result<std::unique_ptr<Run>> create(EngineState& engine, const ModelShape& shape, const Options& options)
    {
        const OpPlace place = engine.place();
        const int n_ctx = options.depth + options.n_prefill + options.n_decode + 2;
        auto weights = GeneratedWeights::create(place, shape);
        if (!weights) {
            return weights.error();
        }
        auto cache = KvCache::create(weights->weights(), n_ctx, place);
        auto recorder = TraceRecorder::create(describe(shape), options.n_prefill, options.trace, place);
        auto x = OpMemory::allocate(place, sizeof(float) * static_cast<uint64_t>(options.n_prefill) *
                                               static_cast<uint64_t>(shape.hidden));
        auto logits = OpOutput::allocate(place, sizeof(float) * static_cast<uint64_t>(shape.vocab));
        auto reserved = engine.reserve(backend_limits(weights->weights(), options.n_prefill, n_ctx, 1));
        for (const Error* error :
             {cache ? nullptr : &cache.error(), recorder ? nullptr : &recorder.error(), x ? nullptr : &x.error(),
              logits ? nullptr : &logits.error(), reserved ? nullptr : &reserved.error()}) {
            if (error) {
                return *error;
            }
        }
        return std::unique_ptr<Run>(new Run(engine, *std::move(weights), *std::move(cache), *std::move(recorder),
                                            *std::move(x), *std::move(logits)));
    }

    /// Computes n rows at the end of the sequence, the last one's logits with them.
    Result<void> step(int n)
    {
        std::vector<int32_t> sequence(static_cast<size_t>(n)), position, token;
        for (int i = 0; i < n; ++i) {
            position.push_back(m_cache.length() + i);
            token.push_back((m_cache.length() + i) * 31 % m_weights.weights().n_vocab);
        }
        const ConclaveBatch batch{sizeof batch, n, sequence.data(), position.data(), token.data()};
        const int32_t last = n - 1;
        ForwardStep step{
            .weights = m_weights.weights(),
            .batch = batch,
            .cache = m_cache,
            .recorder = m_recorder,
            .x = {m_x.as<float>(), static_cast<size_t>(n) * static_cast<size_t>(m_weights.weights().hidden)},
            .logits_of = {&last, 1},
            .logits = &m_logits,
            .key = n == 1 ? m_key : 0};
        StepTurn turn(m_engine);
        return forward(m_engine.ops(), turn.backend(), step);
    }
    const GeneratedWeights& weights() const { return m_weights; }

private:
    Run(EngineState& engine, GeneratedWeights weights, KvCache cache, TraceRecorder recorder, OpMemory x,
        OpOutput logits)
        : m_engine(engine), m_weights(std::move(weights)), m_cache(std::move(cache)), m_recorder(std::move(recorder)),
          m_x(std::move(x)), m_logits(std::move(logits)), m_key(engine.new_step_key())
    {
    }

    EngineState& m_engine;
    GeneratedWeights m_weights;
    KvCache m_cache;
    TraceRecorder m_recorder;
    OpMemory m_x;
    OpOutput m_logits;
    uint64_t m_key;
};

/// Times a step over and over; the median in seconds.
Result<double> median_of(int n, Run& run)
{
    std::vector<double> times;
    for (int i = 0; i < n; ++i) {
        const Clock::time_point start = Clock::now();
        if (auto done = run.step(1); !done) {
            return done.error();
        }
        times.push_back(seconds_since(start));
    }
    std::ranges::nth_element(times, times.begin() + n / 2);
    return times[static_cast<size_t>(n / 2)];
}

Result<Json> measure(EngineState& engine, const ModelShape& shape, const Options& options)
{
    auto created = Run::create(engine, shape, options);
    if (!created) {
        return created.error();
    }
    Run& run = **created;
    // The first steps make the kernels known to the device.
    for (int done = 0; done < options.depth; done += options.n_prefill) {
        if (auto step = run.step(std::min(options.n_prefill, options.depth - done)); !step) {
            return step.error();
        }
    }
    const Clock::time_point start = Clock::now();
    if (auto step = run.step(options.n_prefill); !step) {
        return step.error();
    }
    const double prefill = seconds_since(start);
    for (int i = 0; i < 2; ++i) { // recorded, then launched once
        if (auto step = run.step(1); !step) {
            return step.error();
        }
    }
    const auto decode = median_of(options.n_decode, run);
    if (!decode) {
        return decode.error();
    }
    const uint64_t active = static_cast<uint64_t>(total(count_weights(run.weights().weights()).active_bytes));
    return Json{{"model", shape.name},
                {"weights_bytes", run.weights().n_bytes()},
                {"active_bytes", active},
                {"depth", options.depth},
                {"trace", options.trace},
                {"decode_ms", *decode * 1e3},
                {"decode_tps", 1 / *decode},
                {"decode_gbps", static_cast<double>(active) / *decode / 1e9},
                {"prefill_rows", options.n_prefill},
                {"prefill_tps", options.n_prefill / prefill}};
}

int run(const Options& options)
{
    auto engine = Engine::create({.device = options.device, .program_folder = options.program_folder, .log = {}});
    if (!engine) {
        std::fprintf(stderr, "gpu_bench: %s\n", engine.error().message.c_str());
        return 1;
    }
    int status = 0;
    Json results = Json::array();
    for (const ModelShape& shape : model_shapes()) {
        const bool all = options.models.empty() && shape.name != "tiny";
        if (!all && std::ranges::find(options.models, shape.name) == options.models.end()) {
            continue;
        }
        const auto measured = measure(*engine->state(), shape, options);
        if (!measured) { // a model too large for this device leaves the others
            std::fprintf(stderr, "gpu_bench: %s: %s\n", std::string(shape.name).c_str(),
                         measured.error().message.c_str());
            results.push_back({{"model", shape.name}, {"error", measured.error().message}});
            status = measured.error().code == ErrorCode::out_of_memory ? status : 1;
            continue;
        }
        results.push_back(*measured);
    }
    std::printf("%s\n", results.dump(1).c_str());
    return results.empty() ? 1 : status;
}

} // namespace

} // namespace conclave::gpu

int main(int argc, char** argv)
{
    conclave::gpu::Options options;
    CLI::App app("Decode and prefill on one device with random weights.", "gpu_bench");
    app.add_option("--program", options.program_folder, "the folder with the CUDA backend");
    app.add_option("--device", options.device, "cuda:0 and so on");
    app.add_option("--model", options.models, "names of shapes; all when none is given");
    app.add_option("--decode", options.n_decode, "single steps to time")->check(CLI::Range(1, 4096));
    app.add_option("--prefill", options.n_prefill, "rows of a prompt's step")->check(CLI::Range(1, 512));
    app.add_option("--depth", options.depth, "positions before the timing")->check(CLI::Range(0, 1 << 20));
    app.add_flag("!--no-trace", options.trace, "without recording the routes");
    CLI11_PARSE(app, argc, argv);
    return conclave::gpu::run(options);
}
