#include <cstdio>

#include "json.hpp"
#include "program.hpp"
#include "terminal.hpp"

namespace conclave::cli
{

namespace
{

int run(const Common& common)
{
    const auto engine = make_engine(common);
    if (!engine) {
        return report(engine.error());
    }
    const ComputeDevices devices = compute_devices(common.program.parent_path());
    if (common.json) {
        Json cuda = Json::array();
        for (const CudaDevice& device : devices.cuda) {
            cuda.push_back({{"name", device.name},
                            {"description", device.description},
                            {"total_bytes", device.total_bytes},
                            {"free_bytes", device.free_bytes}});
        }
        print_json({{"cpu", {{"kernels", supported_kernels()}, {"cores", n_physical_cores()}}},
                    {"cuda", cuda},
                    {"cuda_status", devices.cuda_status}});
        return ok;
    }
    std::printf("cpu     %d cores, kernels for %s\n", n_physical_cores(), supported_kernels().front().c_str());
    for (const CudaDevice& device : devices.cuda) {
        std::printf("%-7s %s, %s of %s free\n", device.name.c_str(), device.description.c_str(),
                    size_text(device.free_bytes).c_str(), size_text(device.total_bytes).c_str());
    }
    if (devices.cuda.empty()) {
        std::printf("cuda    %s\n", devices.cuda_status.c_str());
    }
    return ok;
}

} // namespace

void add_devices(CLI::App& app, Common& common, int& status)
{
    CLI::App& command = *app.add_subcommand("devices", "Where models can compute on this machine");
    add_common(command, common, false);
    command.callback([&] { status = run(common); });
}

} // namespace conclave::cli
