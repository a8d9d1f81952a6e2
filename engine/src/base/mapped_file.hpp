#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "conclave/result.hpp"

namespace conclave
{

/// A whole file mapped read-only. Movable; unmaps on destruction. Reading is thread-safe.
///
/// A file that shrinks while mapped (or a disk that fails) does not end the program: the first read of a page that is
/// gone turns that page and all after it into zeros and marks the mapping as lost. A reader therefore finishes what it
/// is doing on zeros, and must ask check_size() before it trusts or shows the result: the forward pass asks once a
/// step. On Windows the system refuses to shrink a mapped file.
class MappedFile
{
public:
    /// Errors: io, for what cannot be opened or is no regular file.
    static Result<MappedFile> open(const std::filesystem::path& path);

    std::span<const uint8_t> bytes() const { return {m_data, m_size}; }
    const std::filesystem::path& path() const { return m_path; }
    /// io error when pages were lost or the file on disk is now shorter than the mapping; costs one fstat (about 0.3
    /// µs).
    Result<void> check_size() const;

    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    ~MappedFile();

private:
    MappedFile() = default;
    void close() noexcept;

    const uint8_t* m_data = nullptr;
    size_t m_size = 0;
    intptr_t m_handle = -1;
    int m_slot = -1; ///< in the table of mapped_file_fault.hpp
    std::filesystem::path m_path;
};

} // namespace conclave
