#include <algorithm>
#include <fstream>
#include <functional>
#include <optional>
#include <sched.h>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "conclave/engine.hpp"
#include "device/physical_cores.hpp"

namespace conclave
{

namespace
{

namespace fs = std::filesystem;

std::optional<long> read_number(const fs::path& path)
{
    std::ifstream file(path);
    long value = 0;
    return file >> value ? std::optional(value) : std::nullopt;
}

int count_cores(const fs::path& folder, const std::function<bool(long)>& may_use)
{
    std::set<std::pair<long, long>> cores; // (socket, core id within it)
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        const std::string name = it->path().filename().string();
        if (name.size() < 4 || !name.starts_with("cpu") ||
            !std::ranges::all_of(name.substr(3), [](char c) { return c >= '0' && c <= '9'; }))
            continue;
        const auto core = read_number(it->path() / "topology" / "core_id"); // absent for a core that is off
        if (core && may_use(std::stol(name.substr(3))))
            cores.emplace(read_number(it->path() / "topology" / "physical_package_id").value_or(0), *core);
    }
    return static_cast<int>(cores.size());
}

} // namespace

int count_physical_cores_in(const fs::path& folder)
{
    return count_cores(folder, [](long) { return true; });
}

int n_physical_cores()
{
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    const bool known = sched_getaffinity(0, sizeof allowed, &allowed) == 0;
    const int n = count_cores("/sys/devices/system/cpu", [&](long cpu) {
        return !known || (cpu < CPU_SETSIZE && CPU_ISSET(static_cast<size_t>(cpu), &allowed));
    });
    return n > 0 ? n : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

} // namespace conclave
