#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "conclave/result.hpp"

namespace conclave {

/// A whole file mapped read-only. Movable; unmaps on destruction. Reading a page that is no longer there (the file shrank) is
/// turned into an error by MappedReadGuard instead of ending the program.
class MappedFile {
public:
    static Result<MappedFile> open(const std::filesystem::path& path);

    std::span<const uint8_t> bytes() const { return {m_data, m_size}; }
    const std::filesystem::path& path() const { return m_path; }
    /// io error when the file on disk is now shorter than the mapping; costs one fstat.
    Result<void> check_size() const;

    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    ~MappedFile();

private:
    MappedFile() = default;
    const uint8_t* m_data = nullptr;
    size_t m_size = 0;
    intptr_t m_handle = -1;
    std::filesystem::path m_path;
};

} // namespace conclave
