#include "device/shared_library.hpp"

#ifdef _WIN32
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace conclave
{

#ifdef _WIN32

// Only the system folder: a library of this name beside a model must not be run.
SharedLibrary::SharedLibrary(const char* name)
    : m_handle(reinterpret_cast<void*>(LoadLibraryExA(name, nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32)))
{
}

SharedLibrary::SharedLibrary(const std::filesystem::path& file)
    : m_handle(reinterpret_cast<void*>(LoadLibraryExW(file.c_str(), nullptr, LOAD_WITH_ALTERED_SEARCH_PATH)))
{
}

SharedLibrary::~SharedLibrary()
{
    if (m_handle)
        FreeLibrary(reinterpret_cast<HMODULE>(m_handle));
}

void* SharedLibrary::find_address(const char* symbol) const
{
    return m_handle ? reinterpret_cast<void*>(GetProcAddress(reinterpret_cast<HMODULE>(m_handle), symbol)) : nullptr;
}

#else

SharedLibrary::SharedLibrary(const char* name) : m_handle(dlopen(name, RTLD_NOW | RTLD_LOCAL)) {}

// Stays loaded: what a plug-in registered with a driver or a thread is not undone by unloading it.
SharedLibrary::SharedLibrary(const std::filesystem::path& file)
    : m_handle(dlopen(std::filesystem::absolute(file).c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE))
{
}

SharedLibrary::~SharedLibrary()
{
    if (m_handle)
        dlclose(m_handle);
}

void* SharedLibrary::find_address(const char* symbol) const
{
    return m_handle ? dlsym(m_handle, symbol) : nullptr;
}

#endif

} // namespace conclave
