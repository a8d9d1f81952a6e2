#include <cstdio>

#include "json.hpp"
#include "program.hpp"
#include "terminal.hpp"

namespace conclave::cli
{

namespace
{

void print_text(const ModelInfo& info)
{
    std::printf("%s\n", info.name.c_str());
    std::printf("  family           %s (%s)\n", info.family.c_str(), info.architecture.c_str());
    std::printf("  parameters       %.3f M, %.3f M active per token\n", static_cast<double>(info.n_params) / 1e6,
                static_cast<double>(info.n_params_active) / 1e6);
    if (info.n_params_mtp) {
        std::printf("  drafting         by %.3f M parameters more\n", static_cast<double>(*info.n_params_mtp) / 1e6);
    }
    std::printf("  layers           %d, %zu of them mixtures of experts\n", info.n_layers, info.moe_layers.size());
    if (!info.moe_layers.empty()) {
        std::printf("  experts          %d, %d used per token, %d shared\n", info.n_experts, info.n_experts_used,
                    info.n_shared_experts);
        std::printf("  routing          %s\n", info.routing_rule.c_str());
        std::printf("  known from       %s\n", info.routing_rule_source.c_str());
    }
    std::printf("  context          %d tokens\n", info.context_length);
    std::printf("  vocabulary       %d tokens\n", info.n_vocab);
    for (const auto& [type, bytes] : info.quant) {
        std::printf("  %-16s %s\n", type.c_str(), size_text(bytes).c_str());
    }
    std::printf("  file             %s\n", size_text(info.file_bytes).c_str());
}

int run(const Common& common)
{
    const auto opened = open_model(common);
    if (!opened) {
        return report(opened.error());
    }
    const ModelInfo& info = opened->model->info();
    if (!common.json) {
        print_text(info);
        return ok;
    }
    Json quant = Json::object();
    for (const auto& [type, bytes] : info.quant) {
        quant[type] = bytes;
    }
    print_json({{"name", info.name},
                {"family", info.family},
                {"architecture", info.architecture},
                {"n_params", info.n_params},
                {"n_params_active", info.n_params_active},
                {"n_layers", info.n_layers},
                {"moe_layers", info.moe_layers},
                {"n_experts", info.n_experts},
                {"n_experts_used", info.n_experts_used},
                {"n_shared_experts", info.n_shared_experts},
                {"n_group", info.n_group},
                {"topk_group", info.topk_group},
                {"routing_rule", info.routing_rule},
                {"routing_rule_source", info.routing_rule_source},
                {"quant", quant},
                {"context_length", info.context_length},
                {"n_vocab", info.n_vocab},
                {"file_bytes", info.file_bytes},
                {"n_params_mtp", or_null(info.n_params_mtp)}});
    return ok;
}

} // namespace

void add_info(CLI::App& app, Common& common, int& status)
{
    CLI::App& command = *app.add_subcommand("info", "What a model file holds");
    add_common(command, common);
    command.callback([&] { status = run(common); });
}

} // namespace conclave::cli
