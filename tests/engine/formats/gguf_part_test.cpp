// Files that break one rule each: the error is of the right kind and says which.
#include "formats/gguf_part.hpp"

#include <functional>
#include <gtest/gtest.h>

#include "base/mapped_file.hpp"
#include "gguf_writer.hpp"
#include "scratch_folder.hpp"

namespace conclave
{
namespace
{

struct Broken {
    const char* name;
    ErrorCode code;
    const char* says;
    std::function<std::vector<uint8_t>()> bytes;
};

std::vector<uint8_t> number_bytes(uint64_t value)
{
    std::vector<uint8_t> bytes(8);
    std::memcpy(bytes.data(), &value, 8);
    return bytes;
}

/// An array value: its element type, its length and the bytes that follow.
std::vector<uint8_t> array_bytes(uint32_t type, uint64_t n, size_t n_bytes = 0)
{
    std::vector<uint8_t> bytes = number_bytes(type);
    bytes.resize(4);
    const auto length = number_bytes(n);
    bytes.insert(bytes.end(), length.begin(), length.end());
    bytes.resize(bytes.size() + n_bytes);
    return bytes;
}

std::vector<uint8_t> patched(size_t at, uint64_t value, size_t n_bytes)
{
    auto bytes = GgufWriter().add_kv("a", 1).add_tensor("t", {1}, {1.0f}).bytes();
    std::memcpy(bytes.data() + at, &value, n_bytes);
    return bytes;
}

std::vector<uint8_t> one_tensor(std::string_view name, std::vector<uint64_t> dims, uint32_t type, uint64_t offset = 0)
{
    return GgufWriter()
        .add_tensor("whole", {64}, std::vector<float>(64))
        .add_tensor_at(name, dims, type, offset)
        .bytes();
}

const std::vector<Broken>& broken_files()
{
    using enum ErrorCode;
    static const std::vector<Broken> files = {
        {"Empty", format, "not a GGUF file", [] { return std::vector<uint8_t>(); }},
        {"Text", format, "not a GGUF file", [] { return std::vector<uint8_t>(100, 'x'); }},
        {"LfsPointer", format, "git lfs pull",
         [] {
             const std::string_view text = "version https://git-lfs.github.com/spec/v1\noid sha256:0\n";
             return std::vector<uint8_t>(text.begin(), text.end());
         }},
        {"BigEndian", unsupported, "big-endian", [] { return patched(4, 0x03000000, 4); }},
        {"Version1", unsupported, "version 1", [] { return patched(4, 1, 4); }},
        {"Version4", unsupported, "version 4", [] { return patched(4, 4, 4); }},
        {"ManyTensors", format, "more than 131072", [] { return patched(8, UINT64_MAX, 8); }},
        {"ManyKeys", format, "more than 65536", [] { return patched(16, 65'537, 8); }},
        {"MoreTensorsThanThereAre", format, "", [] { return patched(8, 1000, 8); }},
        {"LongKey", format, "a string of 18446744073709551615 bytes", [] { return patched(24, UINT64_MAX, 8); }},
        {"UnknownValueType", format, "unknown type 13", [] { return GgufWriter().add_raw_kv("a", 13, {}).bytes(); }},
        {"BadTruthValue", format, "a truth value of 2",
         [] { return GgufWriter().add_raw_kv("a", 7, std::vector<uint8_t>{2}).bytes(); }},
        {"SameKeyTwice", format, "\"a\" comes twice",
         [] { return GgufWriter().add_kv("a", 1).add_kv("a", 2).bytes(); }},
        {"HugeArray", format, "an array of 4611686018427387904 numbers",
         [] { return GgufWriter().add_raw_kv("a", 9, array_bytes(4, uint64_t{1} << 62)).bytes(); }},
        {"HugeStringArray", format, "an array of 2305843009213693952 strings",
         [] { return GgufWriter().add_raw_kv("a", 9, array_bytes(8, uint64_t{1} << 61)).bytes(); }},
        {"ManySmallNumbers", format, "more than 4194304 numbers",
         [] { return GgufWriter().add_raw_kv("a", 9, array_bytes(0, 4'194'305, 4'194'305)).bytes(); }},
        {"ArrayOfArrays", format, "an array of arrays",
         [] { return GgufWriter().add_raw_kv("a", 9, array_bytes(9, 1, 64)).bytes(); }},
        {"ArrayOfUnknown", format, "an array of unknown type 99",
         [] { return GgufWriter().add_raw_kv("a", 9, array_bytes(99, 1, 64)).bytes(); }},
        {"NumberTooLarge", format, "too large to be meant",
         [] { return GgufWriter().add_kv("a", std::vector<uint64_t>{1, UINT64_MAX}).bytes(); }},
        {"NoName", format, "a tensor name of 0 bytes", [] { return one_tensor("", {1}, 0); }},
        {"LongName", format, "a tensor name of 65 bytes", [] { return one_tensor(std::string(65, 'n'), {1}, 0); }},
        {"NoDimensions", format, "0 dimensions", [] { return one_tensor("t", {}, 0); }},
        {"FiveDimensions", format, "5 dimensions", [] { return one_tensor("t", {1, 1, 1, 1, 1}, 0); }},
        {"EmptyDimension", format, "a dimension of 0", [] { return one_tensor("t", {4, 0}, 0); }},
        {"HugeDimension", format, "more than the file can hold",
         [] { return one_tensor("t", {uint64_t{1} << 62}, 0); }},
        {"OverflowingDimensions", format, "more than the file can hold",
         [] { return one_tensor("t", {64, uint64_t{1} << 32, uint64_t{1} << 32}, 0); }},
        {"HalfBlock", format, "no multiple of the 256 that Q4_K packs together",
         [] { return one_tensor("t", {32}, 12); }},
        {"UnknownType", unsupported, "\"blk.0.ffn\\x0A\"", [] { return one_tensor("blk.0.ffn\n", {32}, 40); }},
        {"UnknownTypeIsNamed", unsupported, "NVFP4 (ggml type 40)", [] { return one_tensor("t", {32}, 40); }},
        {"NegativeType", unsupported, "ggml type 4294967295", [] { return one_tensor("t", {32}, UINT32_MAX); }},
        {"OddOffset", format, "lies at 3, no multiple of 32", [] { return one_tensor("t", {1}, 0, 3); }},
        {"BehindTheEnd", format, "the download is incomplete", [] { return one_tensor("t", {1}, 0, 256); }},
        {"FarBehindTheEnd", format, "the download is incomplete",
         [] { return one_tensor("t", {1}, 0, UINT64_MAX - 31); }},
        {"AcrossTheEnd", format, "the download is incomplete", [] { return one_tensor("t", {64}, 0, 32); }},
        {"Overlap", format, "\"whole\" and \"t\" overlap", [] { return one_tensor("t", {8}, 0, 64); }},
        {"ZeroAlignment", format, "no power of two",
         [] { return GgufWriter().add_kv("general.alignment", uint32_t{0}).bytes(); }},
        {"OddAlignment", format, "no power of two",
         [] { return GgufWriter().add_kv("general.alignment", 24).bytes(); }},
        {"HugeAlignment", format, "no power of two",
         [] { return GgufWriter().add_kv("general.alignment", uint64_t{1} << 40).bytes(); }},
        {"TextAlignment", format, "no power of two",
         [] { return GgufWriter().add_kv("general.alignment", "32").bytes(); }},
    };
    return files;
}

class GgufPartTest : public testing::TestWithParam<Broken>
{
};

TEST_P(GgufPartTest, IsRefusedWithItsReason)
{
    const ScratchFolder folder;
    GgufWriter::write_bytes(folder / "broken.gguf", GetParam().bytes());
    const auto file = MappedFile::open(folder / "broken.gguf");
    ASSERT_TRUE(file);
    const auto part = parse_gguf(*file);
    ASSERT_FALSE(part);
    EXPECT_EQ(part.error().code, GetParam().code) << part.error().message;
    EXPECT_NE(part.error().message.find(GetParam().says), std::string::npos) << part.error().message;
    EXPECT_NE(part.error().message.find("broken.gguf"), std::string::npos) << part.error().message;
    EXPECT_EQ(part.error().message.find('\n'), std::string::npos) << "one line";
    EXPECT_TRUE(part.error().message.ends_with(".")) << part.error().message;
}

INSTANTIATE_TEST_SUITE_P(Broken, GgufPartTest, testing::ValuesIn(broken_files()),
                         [](const auto& test) { return std::string(test.param.name); });

} // namespace
} // namespace conclave
