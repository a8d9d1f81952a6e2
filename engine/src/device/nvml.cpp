#include "device/nvml.hpp"

#include <cstdint>
#include <format>

namespace conclave
{

namespace
{

// From nvml.h, whose ABI is stable: a driver of any age answers these, or does not export the name.
using Status = int;
constexpr Status success = 0;
constexpr unsigned temperature_of_gpu = 0;
constexpr unsigned name_capacity = 96; // NVML_DEVICE_NAME_V2_BUFFER_SIZE

struct Utilization {
    unsigned gpu;    // percent
    unsigned memory; // percent
};
struct MemoryV1 {
    unsigned long long total, free, used;
};
/// Since driver 510: what the driver keeps for itself is apart from what programs use.
struct MemoryV2 {
    unsigned version;
    unsigned long long total, reserved, free, used;
};
constexpr unsigned memory_v2_version = sizeof(MemoryV2) | (2u << 24);

} // namespace

struct Nvml::Functions {
    Status (*init)() = nullptr;
    Status (*shutdown)() = nullptr;
    Status (*count)(unsigned*) = nullptr;
    Status (*handle)(unsigned, void**) = nullptr;
    // May be absent in an old driver; so may their answers on a given board.
    Status (*name)(void*, char*, unsigned) = nullptr;
    Status (*utilization)(void*, Utilization*) = nullptr;
    Status (*memory)(void*, MemoryV1*) = nullptr;
    Status (*memory_v2)(void*, MemoryV2*) = nullptr;
    Status (*power)(void*, unsigned*) = nullptr;
    Status (*temperature)(void*, unsigned, unsigned*) = nullptr;
};

Nvml::Nvml()
{
#ifdef _WIN32
    m_library = SharedLibrary("nvml.dll");
#else
    m_library = SharedLibrary("libnvidia-ml.so.1");
#endif
    if (!m_library) {
        m_status = "no NVIDIA driver found";
        return;
    }
    if (!load())
        m_functions.reset();
}

Nvml::~Nvml()
{
    if (m_functions)
        m_functions->shutdown();
}

bool Nvml::load()
{
    m_functions = std::make_unique<Functions>();
    Functions& f = *m_functions;
    if (!m_library.find("nvmlInit_v2", f.init) || !m_library.find("nvmlShutdown", f.shutdown) ||
        !m_library.find("nvmlDeviceGetCount_v2", f.count) ||
        !m_library.find("nvmlDeviceGetHandleByIndex_v2", f.handle)) {
        m_status = "the NVIDIA driver is too old to be read";
        return false;
    }
    m_library.find("nvmlDeviceGetName", f.name);
    m_library.find("nvmlDeviceGetUtilizationRates", f.utilization);
    m_library.find("nvmlDeviceGetMemoryInfo", f.memory);
    m_library.find("nvmlDeviceGetMemoryInfo_v2", f.memory_v2);
    m_library.find("nvmlDeviceGetPowerUsage", f.power);
    m_library.find("nvmlDeviceGetTemperature", f.temperature);
    if (const Status status = f.init(); status != success) {
        m_status = std::format("the NVIDIA driver does not answer (NVML error {})", status);
        return false;
    }
    unsigned n = 0;
    if (f.count(&n) != success)
        n = 0;
    for (unsigned i = 0; i < n; ++i) {
        void* device = nullptr;
        if (f.handle(i, &device) != success)
            continue;
        char name[name_capacity] = "";
        const bool has_name = f.name && f.name(device, name, name_capacity) == success;
        m_devices.push_back(device);
        m_names.emplace_back(has_name ? name : "NVIDIA GPU");
    }
    if (m_devices.empty())
        m_status = "no NVIDIA GPU found";
    return true;
}

std::vector<GpuSample> Nvml::sample() const
{
    std::vector<GpuSample> gpus(m_devices.size());
    for (size_t i = 0; i < m_devices.size(); ++i) {
        const Functions& f = *m_functions;
        void* device = m_devices[i];
        GpuSample& gpu = gpus[i];
        gpu.name = m_names[i];
        Utilization utilization = {};
        if (f.utilization && f.utilization(device, &utilization) == success)
            gpu.utilization = utilization.gpu / 100.0;
        MemoryV2 memory = {memory_v2_version, 0, 0, 0, 0};
        MemoryV1 memory_v1 = {};
        if (f.memory_v2 && f.memory_v2(device, &memory) == success) {
            gpu.memory_total_bytes = memory.total;
            gpu.memory_used_bytes = memory.used;
        } else if (f.memory && f.memory(device, &memory_v1) == success) {
            gpu.memory_total_bytes = memory_v1.total;
            gpu.memory_used_bytes = memory_v1.used;
        }
        unsigned value = 0;
        if (f.power && f.power(device, &value) == success)
            gpu.power_watts = value / 1000.0;
        if (f.temperature && f.temperature(device, temperature_of_gpu, &value) == success)
            gpu.temperature_celsius = value;
    }
    return gpus;
}

} // namespace conclave
