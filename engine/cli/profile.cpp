#include "profile.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>

namespace conclave::cli
{

namespace
{

void print_phase(const char* name, const Json& stages)
{
    if (stages.is_null()) {
        std::printf("%-16s no stage was timed\n", name);
        return;
    }
    std::printf("%-16s %14s %8s %10s\n", name, "ms per token", "share", "GB/s");
    for (const Json& stage : stages) {
        std::printf("  %-14s %14.3f %6.1f %%", stage["stage"].get<std::string>().c_str(),
                    stage["ms_per_token"].get<double>(), 100 * stage["share"].get<double>());
        if (stage["gbps"].is_number()) {
            std::printf(" %10.1f", stage["gbps"].get<double>());
        }
        std::printf("\n");
    }
}

} // namespace

void Profile::on_token(const TokenEvent&) {}

void Profile::on_step(const StepTrace& step)
{
    Times& times = m_times[static_cast<size_t>(step.phase)];
    times.timed = step.stage_ns.has_value();
    if (times.timed) {
        std::transform(times.stage_ns.begin(), times.stage_ns.end(), step.stage_ns->begin(), times.stage_ns.begin(),
                       std::plus());
    }
    times.wall_ns += step.t_ns - m_last_ns;
    times.n_rows += static_cast<int64_t>(step.rows.size());
    m_last_ns = step.t_ns;
}

Json Profile::report(Phase phase, const MemoryPlan& plan) const
{
    const Times& times = m_times[static_cast<size_t>(phase)];
    if (!times.timed || times.n_rows == 0) {
        return nullptr;
    }
    Json stages = Json::array();
    const auto add = [&](const char* name, int64_t ns, int64_t weights) {
        const bool reads = phase == Phase::decode && weights > 0 && ns > 0;
        stages.push_back(
            {{"stage", name},
             {"ms_per_token", static_cast<double>(ns) / 1e6 / static_cast<double>(times.n_rows)},
             {"share", static_cast<double>(ns) / static_cast<double>(std::max<int64_t>(times.wall_ns, 1))},
             {"gbps", reads ? Json(static_cast<double>(weights * times.n_rows) / static_cast<double>(ns)) : Json()}});
    };
    for (size_t i = 0; i < n_stages; ++i) {
        if (times.stage_ns[i] > 0) {
            add(stage_names[i], times.stage_ns[i], plan.active_bytes_of[i]);
        }
    }
    std::stable_sort(stages.begin(), stages.end(),
                     [](const Json& a, const Json& b) { return a["ms_per_token"] > b["ms_per_token"]; });
    add("other", times.wall_ns - total(times.stage_ns), 0);
    return stages;
}

void print_profile(const Json& prefill, const Json& decode)
{
    print_phase("prefill", prefill);
    print_phase("decode", decode);
}

} // namespace conclave::cli
