#pragma once

#include <filesystem>
#include <string>

#include "device/shared_library.hpp"
#include "ops/op_table.hpp"

namespace conclave
{

/// The CUDA backend, loaded at run time from its own library. Movable; its ops end with it.
class CudaPlugin
{
public:
    /// Looks in the folder of the program, and in ../lib/conclave from there. Never fails: without the library or the
    /// driver there are no devices, and status() says why.
    explicit CudaPlugin(const std::filesystem::path& program_folder);

    /// Null without devices.
    const ConclaveOpTable* ops() const { return m_ops; }
    int n_devices() const { return m_n_devices; }
    /// Why there are no devices, e.g. "no NVIDIA driver found"; empty when there are some.
    const std::string& status() const { return m_status; }

private:
    SharedLibrary m_library;
    const ConclaveOpTable* m_ops = nullptr;
    int m_n_devices = 0;
    std::string m_status;
};

} // namespace conclave
