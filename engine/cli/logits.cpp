#include <bit>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <vector>

#include <CLI/Validators.hpp>

#include "conclave/session.hpp"
#include "json.hpp"
#include "program.hpp"
#include "routes.hpp"

namespace conclave::cli
{

namespace
{

struct Options {
    std::vector<int32_t> ids;
    std::string out, routes;
    int batch = 64;
    MlaMode mla = MlaMode::automatic;
};

std::filesystem::path path_of(const std::string& utf8)
{
    return std::u8string(utf8.begin(), utf8.end());
}

/// Little-endian float32 [n_tokens, n_vocab]; beside it, when asked for, the routes of each token, a line each.
class Writer : public ScoreSink
{
public:
    Writer(const Options& options, const ModelInfo& info) : m_info(info), m_file(path_of(options.out), std::ios::binary)
    {
        if (!options.routes.empty()) {
            m_routes.emplace(path_of(options.routes), std::ios::binary);
        }
    }
    void on_logits(int, std::span<const float> logits) override
    {
        static_assert(std::endian::native == std::endian::little, "the file is little-endian");
        m_file.write(reinterpret_cast<const char*>(logits.data()), static_cast<std::streamsize>(logits.size_bytes()));
    }
    void on_step(const StepTrace& step) override
    {
        for (size_t row = 0; m_routes && row < step.rows.size(); ++row) {
            const Json line = {{"position", step.rows[row].position},
                               {"id", step.rows[row].token},
                               {"routes", routes_of(step, row, m_info.moe_layers)}};
            *m_routes << line.dump() << '\n';
        }
    }
    bool close()
    {
        m_file.close();
        if (m_routes) {
            m_routes->close();
        }
        return m_file.good() && (!m_routes || m_routes->good());
    }

private:
    const ModelInfo& m_info;
    std::ofstream m_file;
    std::optional<std::ofstream> m_routes;
};

int run(const Common& common, const Options& options)
{
    const auto opened = open_model(common);
    if (!opened) {
        return report(opened.error());
    }
    const ModelInfo& info = opened->model->info();
    const int n_tokens = static_cast<int>(options.ids.size());
    if (n_tokens > info.context_length) {
        return report({ErrorCode::invalid_argument, std::to_string(n_tokens) + " tokens do not fit the context of " +
                                                        info.name + ", which holds " +
                                                        std::to_string(info.context_length)});
    }
    auto session = Session::create(opened->model, {.n_ctx = n_tokens,
                                                   .prefill_chunk = options.batch,
                                                   .mla = options.mla,
                                                   .kv = common.kv.value_or(KvType::f32),
                                                   .trace = common.trace});
    if (!session) {
        return report(session.error());
    }
    Writer writer(options, info);
    if (const auto scored = session->score(options.ids, writer); !scored) {
        return report(scored.error());
    }
    if (!writer.close()) {
        return report({ErrorCode::io, "could not write " + options.out + "; check the folder and the free space"});
    }
    if (common.json) {
        print_json({{"n_tokens", n_tokens}, {"n_vocab", info.n_vocab}});
    } else {
        std::printf("%d x %d logits written to %s\n", n_tokens, info.n_vocab, options.out.c_str());
    }
    return ok;
}

} // namespace

void add_logits(CLI::App& app, Common& common, int& status)
{
    CLI::App& command = *app.add_subcommand("logits", "Logits of given tokens, as raw float32");
    add_common(command, common);
    add_kv(command, common); // f32 unless asked: these are for comparisons
    auto options = std::make_shared<Options>();
    command.add_option("--ids", options->ids, "token ids, separated by commas")->required()->delimiter(',');
    command.add_option("--out", options->out, "the file to write")->required();
    command.add_option("--routes", options->routes, "a file for the routes of each token, a JSON line each");
    command.add_option("--batch", options->batch, "rows a step")->check(CLI::Range(1, 512));
    command
        .add_option_function<std::string>(
            "--mla",
            [options](const std::string& form) { options->mla = form == "naive" ? MlaMode::naive : MlaMode::absorbed; },
            "the form of latent attention: naive or absorbed; chosen by row count without it")
        ->check(CLI::IsMember({"naive", "absorbed"}));
    command.callback([&common, &status, options] { status = run(common, *options); });
}

} // namespace conclave::cli
