#include "program.hpp"

#include <cstdio>
#include <map>

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>

namespace conclave::cli
{

void add_common(CLI::App& command, Common& common, bool model_required)
{
    command
        .add_option("MODEL", common.model, "a .gguf file or any shard of one, or a folder as Hugging Face publishes it")
        ->required(model_required);
    command.add_option("-t,--threads", common.n_threads, "threads; 0: one per physical core")
        ->check(CLI::Range(0, 512));
    command.add_option("--kernels", common.kernels, "auto, reference, or a SIMD target of this processor");
    command.add_option("--device", common.device, "where to compute: cpu, or cuda:0 and so on");
    command
        .add_option_function<std::string>(
            "--trace", [&common](const std::string& value) { common.trace = value == "on"; },
            "record routing: on or off")
        ->check(CLI::IsMember({"on", "off"}))
        ->default_str("on");
    command.add_flag("--json", common.json, "standard output holds JSON alone");
}

void add_kv(CLI::App& command, Common& common)
{
    static const std::map<std::string, KvType> types = {
        {"f32", KvType::f32}, {"f16", KvType::f16}, {"bf16", KvType::bf16}, {"q8_0", KvType::q8_0}};
    command
        .add_option_function<std::string>(
            "--kv", [&common](const std::string& name) { common.kv = types.at(name); },
            "what cached keys and values are kept in: f32, f16, bf16 or q8_0; f16 unless asked, and f32 on a GPU")
        ->check(CLI::IsMember(types));
}

KvType kv_type(const Common& common)
{
    return common.kv.value_or(common.device == "cpu" ? KvType::f16 : KvType::f32);
}

int report(const Error& error)
{
    std::fprintf(stderr, "conclave-cli: %s\n", error.message.c_str());
    return error.code == ErrorCode::invalid_argument ? bad_usage : failed;
}

Result<Engine> make_engine(const Common& common)
{
    EngineOptions options;
    options.n_threads = common.n_threads;
    options.kernels = common.kernels;
    options.device = common.device;
    options.program_folder = common.program.parent_path();
    options.log = [](LogLevel level, std::string_view line) {
        if (level == LogLevel::warning) {
            std::fprintf(stderr, "conclave-cli: %.*s\n", static_cast<int>(line.size()), line.data());
        }
    };
    auto engine = Engine::create(std::move(options));
    if (!engine && engine.error().code == ErrorCode::unsupported) {
        return Error{ErrorCode::invalid_argument, engine.error().message}; // a value of --kernels: bad usage
    }
    return engine;
}

Result<Opened> open_model(const Common& common)
{
    auto engine = make_engine(common);
    if (!engine) {
        return engine.error();
    }
    const std::u8string utf8(common.model.begin(), common.model.end());
    auto model = Model::open(*engine, std::filesystem::path(utf8));
    if (!model) {
        return model.error();
    }
    return Opened{*std::move(engine), *std::move(model)};
}

} // namespace conclave::cli
