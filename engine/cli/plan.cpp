#include <cstdio>
#include <memory>

#include "conclave/session.hpp"
#include "json.hpp"
#include "program.hpp"
#include "sampling.hpp"
#include "terminal.hpp"

namespace conclave::cli
{

namespace
{

int run(const Common& common, int n_ctx, int n_draft)
{
    const auto opened = open_model(common);
    if (!opened) {
        return report(opened.error());
    }
    const SessionOptions options = {.n_ctx = n_ctx, .kv = kv_type(common), .n_draft = n_draft};
    if (const auto possible = Session::check(*opened->model, options); !possible) {
        return report(possible.error());
    }
    const MemoryPlan plan = opened->model->plan(n_ctx, n_draft, kv_type(common));
    if (common.json) {
        print_json({{"weights_bytes", plan.weights_bytes},
                    {"kv_bytes", plan.kv_bytes},
                    {"branch_bytes", plan.branch_bytes},
                    {"scratch_bytes", plan.scratch_bytes},
                    {"total_bytes", plan.total_bytes},
                    {"kv", kv_type_name(kv_type(common))}});
        return ok;
    }
    const auto line = [](const char* name, uint64_t bytes) {
        std::printf("%-8s %15s\n", name, size_text(bytes).c_str());
    };
    line("weights", plan.weights_bytes);
    line("cache", plan.kv_bytes);
    line("branches", plan.branch_bytes);
    line("scratch", plan.scratch_bytes);
    line("total", plan.total_bytes);
    return ok;
}

} // namespace

void add_plan(CLI::App& app, Common& common, int& status)
{
    CLI::App& command = *app.add_subcommand("plan", "The memory a context needs");
    add_common(command, common);
    add_kv(command, common);
    auto n_ctx = std::make_shared<int>(0);
    command.add_option("--ctx", *n_ctx, "tokens of context")->required()->check(CLI::Range(1, 1 << 24));
    auto n_draft = std::make_shared<int>(0);
    add_draft(command, *n_draft);
    command.callback([&common, &status, n_ctx, n_draft] { status = run(common, *n_ctx, *n_draft); });
}

} // namespace conclave::cli
