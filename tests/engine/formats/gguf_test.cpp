#include "formats/gguf.hpp"

#include <bit>
#include <filesystem>
#include <gtest/gtest.h>
#include <numeric>

#include "base/load_le.hpp"
#include "gguf_writer.hpp"
#include "scratch_folder.hpp"
#include "tensor/codec.hpp"

namespace conclave
{
namespace
{

class GgufTest : public testing::Test
{
protected:
    Result<ModelFile> open(const GgufWriter& writer)
    {
        writer.write(m_folder / "model.gguf");
        return open_gguf(m_folder / "model.gguf");
    }

    ScratchFolder m_folder;
};

GgufWriter every_kind()
{
    GgufWriter writer;
    writer.add_kv("general.architecture", "deepseek2")
        .add_kv("u8", uint8_t{200})
        .add_kv("i8", int8_t{-100})
        .add_kv("u16", uint16_t{60'000})
        .add_kv("i16", int16_t{-30'000})
        .add_kv("u32", uint32_t{4'000'000'000})
        .add_kv("i32", int32_t{-2'000'000'000})
        .add_kv("u64", uint64_t{1} << 63)
        .add_kv("i64", INT64_MIN)
        .add_kv("f32", 0.5f)
        .add_kv("f64", 1e300)
        .add_kv("yes", true)
        .add_kv("no", false)
        .add_kv("empty", "")
        .add_kv("strings", std::vector<std::string>{"a", "", "\xE2\x96\x81wörd"})
        .add_kv("layers", std::vector<int32_t>{8, 16, -1})
        .add_kv("scores", std::vector<float>{-1.5f, 2.0f})
        .add_kv("nothing", std::vector<uint64_t>{})
        .add_tensor("token_embd.weight", {4, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
        .add_tensor("output_norm.weight", {2}, {0.25f, -7.0f})
        .add_tensor("blk.0.ffn_gate_exps.weight", {32, 2, 3}, 8, std::vector<uint8_t>(34 * 6, 5));
    return writer;
}

TEST_F(GgufTest, ReadsEveryKindOfValue)
{
    const auto file = open(every_kind());
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->string("general.architecture"), "deepseek2");
    EXPECT_EQ(file->integer("u8"), 200);
    EXPECT_EQ(file->integer("i8"), -100);
    EXPECT_EQ(file->integer("u16"), 60'000);
    EXPECT_EQ(file->integer("i16"), -30'000);
    EXPECT_EQ(file->integer("u32"), 4'000'000'000);
    EXPECT_EQ(file->integer("i32"), -2'000'000'000);
    EXPECT_EQ(file->integer("u64"), std::nullopt) << "does not fit";
    EXPECT_EQ(file->number("u64"), 0x1p63);
    EXPECT_EQ(file->integer("i64"), INT64_MIN);
    EXPECT_EQ(file->number("f32"), 0.5);
    EXPECT_EQ(file->number("f64"), 1e300);
    EXPECT_EQ(file->number("i8"), -100.0);
    EXPECT_EQ(file->boolean("yes"), true);
    EXPECT_EQ(file->boolean("no"), false);
    EXPECT_EQ(file->string("empty"), "");
    ASSERT_TRUE(file->strings("strings"));
    EXPECT_EQ(*file->strings("strings"), (std::vector<std::string_view>{"a", "", "\xE2\x96\x81wörd"}));
    ASSERT_TRUE(file->integers("layers"));
    EXPECT_EQ(*file->integers("layers"), (std::vector<int64_t>{8, 16, -1}));
    EXPECT_EQ(file->integer("layers"), 8) << "the first of a per-layer array";
    ASSERT_TRUE(file->numbers("scores"));
    EXPECT_EQ(*file->numbers("scores"), (std::vector<double>{-1.5, 2.0}));
    ASSERT_TRUE(file->integers("nothing"));
    EXPECT_TRUE(file->integers("nothing")->empty());
    EXPECT_EQ(file->integer("nothing"), std::nullopt);
}

TEST_F(GgufTest, AnotherKindOrNoKeyIsNothing)
{
    const auto file = open(every_kind());
    ASSERT_TRUE(file);
    for (const char* key : {"missing", "", "general.architecture "}) {
        EXPECT_EQ(file->value(key), nullptr);
        EXPECT_EQ(file->integer(key), std::nullopt);
    }
    EXPECT_EQ(file->string("u8"), std::nullopt);
    EXPECT_EQ(file->boolean("u8"), std::nullopt);
    EXPECT_EQ(file->integer("f32"), std::nullopt);
    EXPECT_EQ(file->number("empty"), std::nullopt);
    EXPECT_EQ(file->strings("layers"), nullptr);
    EXPECT_EQ(file->integers("strings"), nullptr);
    EXPECT_EQ(file->numbers("layers"), nullptr);
}

TEST_F(GgufTest, FindsTensorsWithTheirBytes)
{
    const auto file = open(every_kind());
    ASSERT_TRUE(file);
    ASSERT_EQ(file->tensors().size(), 3u);
    const FileTensor* embedding = file->find("token_embd.weight");
    ASSERT_TRUE(embedding);
    EXPECT_EQ(embedding->dtype, DType::F32);
    EXPECT_EQ(embedding->n_dims, 2);
    EXPECT_EQ(embedding->dims[0], 4);
    EXPECT_EQ(embedding->dims[1], 3);
    EXPECT_EQ(embedding->dims[2], 1);
    EXPECT_EQ(embedding->offset % 32, 0u);
    EXPECT_EQ(embedding->bytes.data(), file->files()[0].bytes().data() + embedding->offset);
    std::vector<float> values(12), want(12);
    std::iota(want.begin(), want.end(), 0.0f);
    ASSERT_EQ(embedding->bytes.size(), 48u);
    codec(DType::F32).decode_ref(embedding->bytes.data(), 12, values.data());
    EXPECT_EQ(values, want);
    const FileTensor* experts = file->find("blk.0.ffn_gate_exps.weight");
    ASSERT_TRUE(experts);
    EXPECT_EQ(experts->dtype, DType::Q8_0);
    EXPECT_EQ(experts->bytes.size(), 34u * 6);
    EXPECT_EQ(experts->dims[2], 3);
    EXPECT_EQ(file->find("token_embd"), nullptr);
}

TEST_F(GgufTest, ExpertsByThemselvesBecomeAStack)
{
    const auto file_with = [&](int last, std::vector<uint64_t> dims) {
        GgufWriter writer;
        writer.add_kv("general.architecture", "llama");
        writer.add_tensor("blk.3.ffn_up.weight", {4, 1}, std::vector<float>(4, 9.0f)); // a dense one stays
        for (const int expert : {1, 0, last})
            writer.add_tensor("blk.3.ffn_up." + std::to_string(expert) + ".weight",
                              expert == last ? dims : std::vector<uint64_t>{4, 2},
                              std::vector<float>(8, static_cast<float>(expert)));
        return open(writer);
    };
    const auto file = file_with(2, {4, 2});
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_EQ(file->tensors().size(), 2u);
    const FileTensor* stack = file->find("blk.3.ffn_up_exps.weight");
    ASSERT_TRUE(stack);
    EXPECT_EQ(std::vector<int64_t>(stack->dims, stack->dims + 4), (std::vector<int64_t>{4, 2, 3, 1}));
    ASSERT_EQ(stack->parts.size(), 3u);
    for (size_t i = 0; i < 3; ++i) {
        float first = -1;
        codec(DType::F32).decode_ref(stack->parts[i].data(), 1, &first);
        EXPECT_EQ(first, static_cast<float>(i));
    }
    const auto gap = file_with(3, {4, 2}), shape = file_with(2, {2, 4});
    ASSERT_FALSE(gap || shape);
    EXPECT_NE(gap.error().message.find("expert 2"), std::string::npos) << gap.error().message;
    EXPECT_NE(shape.error().message.find("differ in shape"), std::string::npos) << shape.error().message;
}

TEST_F(GgufTest, SurvivesBeingMoved)
{
    auto file = open(every_kind());
    ASSERT_TRUE(file);
    const ModelFile moved = *std::move(file);
    ASSERT_TRUE(moved.find("output_norm.weight"));
    EXPECT_EQ(moved.string("general.architecture"), "deepseek2");
    EXPECT_EQ(moved.file_bytes(), std::filesystem::file_size(m_folder / "model.gguf"));
}

TEST_F(GgufTest, Version2IsTheSame)
{
    GgufWriter writer = every_kind();
    writer.version = 2;
    const auto file = open(writer);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->tensors().size(), 3u);
}

TEST_F(GgufTest, HonoursItsAlignment)
{
    GgufWriter writer;
    writer.alignment = 4096;
    writer.add_tensor("a", {1}, {1.0f}).add_tensor("b", {1}, {2.0f});
    const auto file = open(writer);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(file->find("a")->offset, 4096u);
    EXPECT_EQ(file->find("b")->offset, 8192u);
    EXPECT_EQ(load_le<float>(file->find("b")->bytes.data()), 2.0f);
}

TEST_F(GgufTest, HashTellsFilesApart)
{
    const auto hash_of = [&](const GgufWriter& writer) {
        const auto file = open(writer);
        return file ? file->hash() : file.error().message;
    };
    const std::string plain = hash_of(every_kind());
    EXPECT_EQ(plain.size(), 16u);
    EXPECT_EQ(plain.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(hash_of(every_kind()), plain);
    EXPECT_NE(hash_of(every_kind().add_kv("more", 1)), plain);
    EXPECT_NE(hash_of(every_kind().add_tensor("more", {1}, {0.0f})), plain);

    auto bytes = every_kind().bytes();
    bytes.back() ^= 1;
    GgufWriter::write_bytes(m_folder / "model.gguf", bytes);
    const auto changed = open_gguf(m_folder / "model.gguf");
    ASSERT_TRUE(changed);
    EXPECT_NE(changed->hash(), plain) << "the last page of the data is sampled";
}

TEST_F(GgufTest, AMissingFileIsAnIoError)
{
    const auto file = open_gguf(m_folder / "none.gguf");
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, ErrorCode::io);
}

TEST_F(GgufTest, ReadsWhatLlamaCppWrites)
{
    namespace fs = std::filesystem;
    const fs::path shared = fs::path(CONCLAVE_SOURCE_DIR) / "../shared/data";
    std::error_code error;
    int n_read = 0;
    for (fs::recursive_directory_iterator it(shared, error), end; !error && it != end; it.increment(error)) {
        if (it->path().extension() != ".gguf")
            continue;
        const auto file = open_gguf(it->path());
        ASSERT_TRUE(file) << file.error().message;
        EXPECT_TRUE(file->string("general.architecture")) << it->path();
        ++n_read;
    }
    if (n_read == 0)
        GTEST_SKIP() << "no GGUF file in " << shared;
}

} // namespace
} // namespace conclave
