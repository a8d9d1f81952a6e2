#include "base/mapped_file.hpp"

#include <cerrno>
#include <cstring>
#include <format>
#include <system_error>
#include <utility>

#include "base/mapped_file_fault.hpp"
#include "base/utf8_path.hpp"

#ifdef _WIN32
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace conclave
{

namespace
{

Error cannot_open(const std::filesystem::path& path, const std::string& reason)
{
    return {ErrorCode::io,
            std::format("Cannot open {}: {}; check the path and its permissions.", utf8_from_path(path), reason)};
}

#ifdef _WIN32
std::string last_reason()
{
    return std::system_category().message(static_cast<int>(GetLastError()));
}
#else
std::string last_reason()
{
    return std::generic_category().message(errno);
}
#endif

} // namespace

Result<MappedFile> MappedFile::open(const std::filesystem::path& path)
{
    std::error_code ignored;
    const auto status = std::filesystem::status(path, ignored);
    // Asked first, because opening a pipe would wait for its writer.
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
        return cannot_open(path, std::filesystem::is_directory(status) ? "it is a folder" : "it is not a regular file");
    MappedFile file;
    file.m_path = path;
#ifdef _WIN32
    HANDLE handle = CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING,
                                FILE_ATTRIBUTE_NORMAL, nullptr);
    if (handle == INVALID_HANDLE_VALUE)
        return cannot_open(path, last_reason());
    file.m_handle = reinterpret_cast<intptr_t>(handle);
    LARGE_INTEGER size;
    if (!GetFileSizeEx(handle, &size))
        return cannot_open(path, last_reason());
    file.m_size = static_cast<size_t>(size.QuadPart);
    if (file.m_size == 0)
        return file;
    HANDLE mapping = CreateFileMappingW(handle, nullptr, PAGE_READONLY, 0, 0, nullptr);
    if (!mapping)
        return cannot_open(path, last_reason());
    file.m_data = static_cast<const uint8_t*>(MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0));
    const std::string reason = file.m_data ? std::string() : last_reason();
    CloseHandle(mapping); // the view keeps it alive
    if (!file.m_data)
        return cannot_open(path, reason);
#else
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cannot_open(path, last_reason());
    file.m_handle = fd;
    struct stat info;
    if (fstat(fd, &info) != 0)
        return cannot_open(path, last_reason());
    file.m_size = static_cast<size_t>(info.st_size);
    if (file.m_size == 0)
        return file;
    void* p = mmap(nullptr, file.m_size, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        return cannot_open(path, last_reason());
    file.m_data = static_cast<const uint8_t*>(p);
#ifdef MADV_HUGEPAGE
    // A wish: file systems with large folios (Linux 6.16 on) then read and map 2 MB at a time, and reading weights no
    // longer waits for a page walk every 4 KB.
    madvise(p, file.m_size, MADV_HUGEPAGE);
#endif
#endif
    file.m_slot = watch_mapping(file.m_data, file.m_size);
    if (file.m_slot < 0)
        return cannot_open(path, std::format("more than {} files are mapped already", max_mapped_files));
    return file;
}

Result<void> MappedFile::check_size() const
{
    uint64_t size_now = 0;
#ifdef _WIN32
    LARGE_INTEGER size = {};
    if (GetFileSizeEx(reinterpret_cast<HANDLE>(m_handle), &size))
        size_now = static_cast<uint64_t>(size.QuadPart);
#else
    struct stat info;
    if (fstat(static_cast<int>(m_handle), &info) == 0)
        size_now = static_cast<uint64_t>(info.st_size);
#endif
    if (size_now < m_size)
        return Error{ErrorCode::io,
                     std::format("{} shrank from {} to {} bytes while it was in use; restore the file and "
                                 "open it again.",
                                 utf8_from_path(m_path), m_size, size_now)};
    if (mapping_lost(m_slot))
        return Error{ErrorCode::io,
                     std::format("A part of {} could not be read from disk while it was in use; check the "
                                 "disk and open the file again.",
                                 utf8_from_path(m_path))};
    return {};
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : m_data(std::exchange(other.m_data, nullptr)), m_size(std::exchange(other.m_size, 0)),
      m_handle(std::exchange(other.m_handle, -1)), m_slot(std::exchange(other.m_slot, -1)),
      m_path(std::move(other.m_path))
{
}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept
{
    if (this != &other) {
        close();
        m_data = std::exchange(other.m_data, nullptr);
        m_size = std::exchange(other.m_size, 0);
        m_handle = std::exchange(other.m_handle, -1);
        m_slot = std::exchange(other.m_slot, -1);
        m_path = std::move(other.m_path);
    }
    return *this;
}

MappedFile::~MappedFile()
{
    close();
}

void MappedFile::close() noexcept
{
    unwatch_mapping(std::exchange(m_slot, -1));
#ifdef _WIN32
    if (m_data)
        UnmapViewOfFile(m_data);
    if (m_handle != -1)
        CloseHandle(reinterpret_cast<HANDLE>(m_handle));
#else
    if (m_data)
        munmap(const_cast<uint8_t*>(m_data), m_size);
    if (m_handle != -1)
        ::close(static_cast<int>(m_handle));
#endif
    m_data = nullptr;
    m_size = 0;
    m_handle = -1;
}

} // namespace conclave
