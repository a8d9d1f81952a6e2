#include "device/physical_cores.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>

#include "conclave/engine.hpp"

namespace conclave
{
namespace
{

namespace fs = std::filesystem;

TEST(PhysicalCores, IsBetweenOneAndTheThreads)
{
    EXPECT_GE(n_physical_cores(), 1);
    EXPECT_LE(n_physical_cores(), static_cast<int>(std::thread::hardware_concurrency()));
}

#ifdef __linux__
TEST(PhysicalCores, CountsEachCoreOnce)
{
    const fs::path folder = fs::path(testing::TempDir()) / "physical_cores";
    fs::remove_all(folder);
    // Two sockets of two cores of two threads; the last core of each socket has the same number.
    for (int cpu = 0; cpu < 8; ++cpu) {
        const fs::path topology = folder / ("cpu" + std::to_string(cpu)) / "topology";
        fs::create_directories(topology);
        std::ofstream(topology / "physical_package_id") << cpu / 4 << '\n';
        std::ofstream(topology / "core_id") << cpu / 2 % 2 * 5 << '\n';
    }
    fs::create_directories(folder / "cpu8"); // switched off: no topology
    fs::create_directories(folder / "cpufreq" / "topology");
    fs::create_directories(folder / "cpuidle");
    EXPECT_EQ(count_physical_cores_in(folder), 4);
    fs::remove_all(folder);
    EXPECT_EQ(count_physical_cores_in(folder), 0);
}
#endif

} // namespace
} // namespace conclave
