#include <algorithm>
#include <cstdio>

#include "json.hpp"
#include "program.hpp"

namespace conclave::cli
{

namespace
{

int run(const Common& common)
{
    auto engine = make_engine(common);
    if (!engine)
        return report(engine.error());
    const std::vector<KernelCheck> checks = engine->self_test();
    const auto n_failed =
        std::count_if(checks.begin(), checks.end(), [](const KernelCheck& check) { return !check.pass; });
    if (common.json) {
        Json list = Json::array();
        for (const KernelCheck& check : checks)
            list.push_back({{"name", check.name},
                            {"target", check.target},
                            {"nmse", check.nmse},
                            {"bound", check.bound},
                            {"pass", check.pass}});
        print_json({{"n_checks", checks.size()}, {"n_failed", n_failed}, {"checks", list}});
    } else {
        for (const KernelCheck& check : checks)
            std::printf("%-6s %-10s %-28s %.3g (at most %.3g)\n", check.pass ? "ok" : "FAILED", check.target.c_str(),
                        check.name.c_str(), check.nmse, check.bound);
        std::printf("%zu checks, %td failed\n", checks.size(), n_failed);
    }
    if (checks.empty() || n_failed > 0)
        return report({ErrorCode::device,
                       std::to_string(n_failed) + " of " + std::to_string(checks.size()) +
                           " kernels differ from the reference; use --kernels reference and report this processor"});
    return ok;
}

} // namespace

void add_selftest(CLI::App& app, Common& common, int& status)
{
    CLI::App& command = *app.add_subcommand("selftest", "Every op, weight type and SIMD target against the reference");
    add_common(command, common, false);
    command.callback([&] { status = run(common); });
}

} // namespace conclave::cli
