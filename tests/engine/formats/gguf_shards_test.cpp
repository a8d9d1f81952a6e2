#include "formats/gguf_shards.hpp"

#include <filesystem>
#include <format>
#include <gtest/gtest.h>

#include "base/load_le.hpp"
#include "formats/gguf.hpp"
#include "gguf_writer.hpp"
#include "scratch_folder.hpp"

namespace conclave
{
namespace
{

namespace fs = std::filesystem;

/// Shard `number` (from 0) of three, with one tensor; the first has the metadata.
GgufWriter shard(int number, int n_tensors = 3, int count = 3, float value = 0)
{
    GgufWriter writer;
    writer.add_kv("split.no", static_cast<uint16_t>(number))
        .add_kv("split.count", static_cast<uint16_t>(count))
        .add_kv("split.tensors.count", static_cast<int32_t>(n_tensors));
    if (number == 0)
        writer.add_kv("general.architecture", "deepseek2");
    writer.add_tensor(std::format("blk.{}.weight", number), {1}, {static_cast<float>(number) + value});
    return writer;
}

class GgufShardsTest : public testing::Test
{
protected:
    void write_all(const std::string& prefix, std::initializer_list<int> numbers, float value = 0)
    {
        for (const int number : numbers)
            shard(number, 3, 3, value).write(path(prefix, number));
    }
    fs::path path(const std::string& prefix, int number) const
    {
        return m_folder / std::format("{}-{:05}-of-00003.gguf", prefix, number + 1);
    }
    static void expect_all(const Result<ModelFile>& file, float value = 0)
    {
        ASSERT_TRUE(file) << file.error().message;
        EXPECT_EQ(file->files().size(), 3u);
        EXPECT_EQ(file->string("general.architecture"), "deepseek2");
        for (int i = 0; i < 3; ++i) {
            const FileTensor* tensor = file->find(std::format("blk.{}.weight", i));
            ASSERT_TRUE(tensor);
            EXPECT_EQ(tensor->shard, i);
            EXPECT_EQ(load_le<float>(tensor->bytes.data()), static_cast<float>(i) + value);
        }
    }

    ScratchFolder m_folder;
};

TEST_F(GgufShardsTest, AnyShardOpensTheModel)
{
    write_all("model", {0, 1, 2});
    for (int i = 0; i < 3; ++i)
        expect_all(open_gguf(path("model", i)));
}

TEST_F(GgufShardsTest, ARelativePathWorks)
{
    write_all("model", {0, 1, 2});
    const fs::path before = fs::current_path();
    fs::current_path(m_folder / "");
    expect_all(open_gguf(path("model", 1).filename()));
    fs::current_path(before);
}

TEST_F(GgufShardsTest, RenamedShardsAreKnownByWhatTheySay)
{
    shard(0).write(m_folder / "beginning.gguf");
    shard(1).write(m_folder / "4f1d2e");
    shard(2).write(m_folder / "end.bin");
    GgufWriter().add_kv("general.architecture", "llama").write(m_folder / "another model.gguf");
    GgufWriter::write_bytes(m_folder / "broken.gguf", std::vector<uint8_t>{'G', 'G', 'U', 'F', 3, 0});
    expect_all(open_gguf(m_folder / "4f1d2e"));
}

TEST_F(GgufShardsTest, NamesDecideBetweenTwoModelsOfAFolder)
{
    write_all("a", {0, 1, 2}, 0);
    write_all("b", {0, 1, 2}, 100);
    expect_all(open_gguf(path("a", 1)), 0);
    expect_all(open_gguf(path("b", 1)), 100);
}

TEST_F(GgufShardsTest, AllMissingShardsAreNamedAtOnce)
{
    write_all("model", {1});
    const auto file = open_gguf(path("model", 1));
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, ErrorCode::io);
    EXPECT_NE(file.error().message.find("2 are missing: model-00001-of-00003.gguf, model-00003-of-00003.gguf;"),
              std::string::npos)
        << file.error().message;
}

TEST_F(GgufShardsTest, AMissingShardOfARenamedOneIsNumbered)
{
    shard(0).write(m_folder / "x.gguf");
    shard(2).write(m_folder / "y.gguf");
    const auto file = open_gguf(m_folder / "x.gguf");
    ASSERT_FALSE(file);
    EXPECT_NE(file.error().message.find("one is missing: shard 2 of 3; put it"), std::string::npos)
        << file.error().message;
}

TEST_F(GgufShardsTest, ADamagedShardIsTheNews)
{
    write_all("model", {0, 2});
    auto bytes = shard(1).bytes();
    bytes.resize(bytes.size() - 1);
    GgufWriter::write_bytes(path("model", 1), bytes);
    const auto file = open_gguf(path("model", 0));
    ASSERT_FALSE(file);
    EXPECT_NE(file.error().message.find("model-00002-of-00003.gguf ends at byte"), std::string::npos)
        << file.error().message;
}

TEST_F(GgufShardsTest, RefusesNumbersThatCannotBe)
{
    for (const auto& [number, count] : {std::pair{3, 3}, {65'535, 2}, {0, 65'535}}) {
        shard(number, 3, count).write(m_folder / "x.gguf");
        const auto file = open_gguf(m_folder / "x.gguf");
        ASSERT_FALSE(file);
        EXPECT_EQ(file.error().code, ErrorCode::format) << file.error().message;
    }
}

TEST_F(GgufShardsTest, RefusesAWrongNumberOfTensors)
{
    for (int i = 0; i < 3; ++i)
        shard(i, 7).write(path("model", i));
    const auto file = open_gguf(path("model", 0));
    ASSERT_FALSE(file);
    EXPECT_NE(file.error().message.find("hold 3 tensors, but should hold 7"), std::string::npos)
        << file.error().message;
}

TEST_F(GgufShardsTest, RefusesATensorThatTwoShardsHave)
{
    for (int i = 0; i < 3; ++i)
        shard(i, 6).add_tensor("twice", {1}, {1.0f}).write(path("model", i));
    const auto file = open_gguf(path("model", 0));
    ASSERT_FALSE(file);
    EXPECT_NE(file.error().message.find("two tensors named \"twice\""), std::string::npos) << file.error().message;
}

} // namespace
} // namespace conclave
