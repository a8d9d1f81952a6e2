#include "ops/cuda_plugin.hpp"

#include <system_error>

namespace conclave
{

namespace
{

#ifdef _WIN32
constexpr const char* file_name = "conclave-cuda.dll";
#else
constexpr const char* file_name = "libconclave-cuda.so";
#endif

} // namespace

CudaPlugin::CudaPlugin(const std::filesystem::path& program_folder)
{
    std::error_code ignored;
    std::filesystem::path file = program_folder / file_name;
    if (!std::filesystem::exists(file, ignored))
        file = program_folder / ".." / "lib" / "conclave" / file_name;
    if (!std::filesystem::exists(file, ignored)) {
        m_status = "this build of Conclave has no CUDA backend";
        return;
    }
    m_library = SharedLibrary(file);
    ConclavePluginEntry entry = nullptr;
    if (!m_library || !m_library.find("conclave_cuda_ops", entry)) {
        m_status = std::string(file_name) + " could not be loaded; the CUDA libraries that it needs are missing";
        return;
    }
    const ConclaveOpTable* ops = entry(conclave_op_table_version);
    if (!ops) {
        m_status = std::string(file_name) + " is of another version of Conclave; install both anew";
        return;
    }
    char text[256] = "";
    ConclaveMessage message{text, sizeof text};
    m_n_devices = ops->device->count(&message);
    m_status = text;
    m_ops = m_n_devices > 0 ? ops : nullptr;
}

} // namespace conclave
