#include "base/mapped_file.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include "base/mapped_file_fault.hpp"

#ifndef _WIN32
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace conclave
{
namespace
{

namespace fs = std::filesystem;

class MappedFileTest : public testing::Test
{
protected:
    void SetUp() override
    {
        m_folder = fs::path(testing::TempDir()) /
                   (std::string("mapped_file_") + testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::remove_all(m_folder);
        fs::create_directories(m_folder);
    }
    void TearDown() override { fs::remove_all(m_folder); }

    fs::path write(const fs::path& name, size_t n_bytes)
    {
        std::vector<char> bytes(n_bytes);
        for (size_t i = 0; i < n_bytes; ++i)
            bytes[i] = static_cast<char>(i % 251 + 1);
        const fs::path path = m_folder / name;
        std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(n_bytes));
        return path;
    }

    fs::path m_folder;
};

TEST_F(MappedFileTest, ShowsTheBytesOfTheFile)
{
    const fs::path path = write("模型 ü.bin", 10'000);
    auto file = MappedFile::open(path);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->path(), path);
    ASSERT_EQ(file->bytes().size(), 10'000u);
    for (size_t i = 0; i < 10'000; ++i)
        ASSERT_EQ(file->bytes()[i], i % 251 + 1);
    EXPECT_TRUE(file->check_size());
}

TEST_F(MappedFileTest, AnEmptyFileHasNoBytes)
{
    auto file = MappedFile::open(write("empty", 0));
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_TRUE(file->bytes().empty());
    EXPECT_TRUE(file->check_size());
}

TEST_F(MappedFileTest, NamesWhatCannotBeOpened)
{
    const auto missing = MappedFile::open(m_folder / "no such file");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::io);
    EXPECT_NE(missing.error().message.find("no such file"), std::string::npos) << missing.error().message;

    const auto folder = MappedFile::open(m_folder);
    ASSERT_FALSE(folder);
    EXPECT_NE(folder.error().message.find("it is a folder"), std::string::npos) << folder.error().message;
}

TEST_F(MappedFileTest, MovesItsMapping)
{
    auto first = MappedFile::open(write("first", 100));
    auto second = MappedFile::open(write("second", 200));
    ASSERT_TRUE(first && second);
    const uint8_t* data = second->bytes().data();
    *first = std::move(*second);
    EXPECT_EQ(first->bytes().data(), data);
    EXPECT_EQ(first->bytes().size(), 200u);
    EXPECT_TRUE(second->bytes().empty());
    EXPECT_TRUE(first->check_size());
}

#ifndef _WIN32

TEST_F(MappedFileTest, RefusesAPipeWithoutWaiting)
{
    const fs::path path = m_folder / "pipe";
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
    const auto file = MappedFile::open(path);
    ASSERT_FALSE(file);
    EXPECT_NE(file.error().message.find("not a regular file"), std::string::npos) << file.error().message;
}

TEST_F(MappedFileTest, AShrunkFileReadsAsZerosAndIsReported)
{
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const fs::path path = write("model", 8 * page);
    auto file = MappedFile::open(path);
    ASSERT_TRUE(file);
    fs::resize_file(path, 2 * page);
    const auto bytes = file->bytes();
    EXPECT_EQ(bytes[page], page % 251 + 1);
    EXPECT_EQ(bytes[5 * page], 0u); // would end the program without the handler
    EXPECT_EQ(bytes[8 * page - 1], 0u);
    EXPECT_EQ(bytes[3 * page], 0u) << "a page before the one that faulted first";
    const auto size = file->check_size();
    ASSERT_FALSE(size);
    EXPECT_EQ(size.error().code, ErrorCode::io);
    EXPECT_NE(size.error().message.find("shrank from"), std::string::npos) << size.error().message;

    fs::resize_file(path, 8 * page);
    EXPECT_FALSE(file->check_size()) << "a file that grew back has lost its pages all the same";
}

TEST_F(MappedFileTest, AShrunkFileIsReportedBeforeAnyPageIsMissed)
{
    const fs::path path = write("model", 1000);
    auto file = MappedFile::open(path);
    ASSERT_TRUE(file);
    fs::resize_file(path, 999);
    EXPECT_FALSE(file->check_size());
}

TEST_F(MappedFileTest, ManyThreadsMayLoseTheSamePages)
{
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const fs::path path = write("model", 64 * page);
    auto file = MappedFile::open(path);
    auto other = MappedFile::open(write("other", 4 * page));
    ASSERT_TRUE(file && other);
    fs::resize_file(path, 0);
    std::atomic<uint64_t> sum{0};
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            const auto bytes = file->bytes();
            sum += std::accumulate(bytes.begin(), bytes.end(), uint64_t{0});
        });
    threads.clear();
    EXPECT_EQ(sum.load(), 0u);
    EXPECT_FALSE(file->check_size());
    EXPECT_TRUE(other->check_size());
    EXPECT_EQ(other->bytes()[1], 2u);
}

TEST_F(MappedFileTest, ASlotIsFreeAgainAfterClosing)
{
    const fs::path path = write("model", 10);
    for (int i = 0; i < max_mapped_files + 10; ++i)
        ASSERT_TRUE(MappedFile::open(path)) << i;
}

TEST(MappedFileDeathTest, ABusErrorElsewhereStillEndsTheProgram)
{
    const fs::path path = fs::path(testing::TempDir()) / "mapped_file_elsewhere";
    std::ofstream(path) << "content";
    ASSERT_TRUE(MappedFile::open(path)); // installs the handler
    EXPECT_DEATH(
        {
            const int fd = open(path.c_str(), O_RDONLY);
            const auto* p = static_cast<const volatile uint8_t*>(mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0));
            fs::resize_file(path, 0);
            [[maybe_unused]] const uint8_t byte = p[0];
        },
        "");
    fs::remove(path);
}

#endif

} // namespace
} // namespace conclave
