#pragma once

#include <filesystem>
#include <utility>

namespace conclave
{

/// A library loaded at run time, or none. Movable; unloads on destruction.
class SharedLibrary
{
public:
    SharedLibrary() = default;
    /// By the system's search rules; none when it is not found.
    explicit SharedLibrary(const char* name);
    /// This file and no other; what it needs is looked for beside it too on Windows.
    explicit SharedLibrary(const std::filesystem::path& file);
    SharedLibrary(SharedLibrary&& other) noexcept : m_handle(std::exchange(other.m_handle, nullptr)) {}
    SharedLibrary& operator=(SharedLibrary&& other) noexcept
    {
        std::swap(m_handle, other.m_handle);
        return *this;
    }
    ~SharedLibrary();

    explicit operator bool() const { return m_handle != nullptr; }

    /// Sets `function` to the symbol; false, and no change, when it is absent.
    template <class R, class... A>
    bool find(const char* symbol, R (*&function)(A...)) const
    {
        void* address = find_address(symbol);
        if (address)
            function = reinterpret_cast<R (*)(A...)>(address);
        return address != nullptr;
    }

private:
    void* find_address(const char* symbol) const;

    void* m_handle = nullptr;
};

} // namespace conclave
