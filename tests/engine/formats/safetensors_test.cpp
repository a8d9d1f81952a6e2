#include "formats/safetensors.hpp"

#include <random>

#include <gtest/gtest.h>

#include "../../fuzz/mutate.hpp"
#include "base/load_le.hpp"
#include "hf_writer.hpp"
#include "scratch_folder.hpp"

namespace conclave
{
namespace
{

SafetensorsWriter sound()
{
    return SafetensorsWriter()
        .add("model.norm.weight", {3}, {1, 2, 3})
        .add("model.layers.0.mlp.gate.weight", {2, 3}, {1, 2, 3, 4, 5, 6})
        .add("half", "BF16", {2, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
}

class Safetensors : public testing::Test
{
protected:
    /// The message of the error, "" when it parses.
    std::string message_of(const std::vector<uint8_t>& bytes)
    {
        write_file(m_folder / "model.safetensors", bytes);
        const auto file = MappedFile::open(m_folder / "model.safetensors");
        if (!file)
            return file.error().message;
        const auto part = parse_safetensors(*file);
        return part ? "" : part.error().message;
    }
    std::string message_of(const std::string& header, size_t n_data = 16)
    {
        return message_of(SafetensorsWriter::with_header(header, std::vector<uint8_t>(n_data)));
    }

    ScratchFolder m_folder;
};

bool says(const std::string& message, const std::string& text)
{
    return message.find(text) != std::string::npos && message.ends_with('.');
}

TEST_F(Safetensors, ReadsNamesTypesShapesAndBytes)
{
    write_file(m_folder / "model.safetensors", sound().bytes());
    const auto file = MappedFile::open(m_folder / "model.safetensors");
    ASSERT_TRUE(file);
    const auto part = parse_safetensors(*file);
    ASSERT_TRUE(part) << part.error().message;
    ASSERT_EQ(part->tensors.size(), 3u);
    const FileTensor& gate = part->tensors[1];
    EXPECT_EQ(gate.name, "model.layers.0.mlp.gate.weight");
    EXPECT_EQ(gate.dtype, DType::F32);
    EXPECT_EQ(gate.n_dims, 2);
    EXPECT_EQ(gate.dims[0], 3) << "the contiguous dimension first";
    EXPECT_EQ(gate.dims[1], 2);
    ASSERT_EQ(gate.bytes.size(), 24u);
    EXPECT_EQ(load_le<float>(gate.bytes.data() + 20), 6);
    EXPECT_EQ(part->tensors[2].dtype, DType::BF16);
    EXPECT_EQ(part->tensors[2].bytes.back(), 7);
}

TEST_F(Safetensors, NamesATypeThatItCannotRead)
{
    const std::string message = message_of(SafetensorsWriter().add("odd", "I64", {1}, std::vector<uint8_t>(8)).bytes());
    EXPECT_TRUE(says(message, "\"odd\"") && says(message, "I64")) << message;
}

TEST_F(Safetensors, SaysWhatIsWrong)
{
    EXPECT_TRUE(says(message_of(std::vector<uint8_t>{1, 2, 3}), "no header"));
    EXPECT_TRUE(says(message_of(std::vector<uint8_t>(8, 0xFF)), "a header of 18446744073709551615 bytes"));
    EXPECT_TRUE(says(message_of(std::vector<uint8_t>{100, 0, 0, 0, 0, 0, 0, 0, '{'}), "incomplete"));
    EXPECT_TRUE(says(message_of(std::string("{\"a\":")), "no valid JSON at byte"));
    EXPECT_TRUE(says(message_of(std::string("[]")), "no object"));
    EXPECT_TRUE(says(message_of(std::string(R"({"a":7})")), "\"a\" has no shape"));
    EXPECT_TRUE(says(message_of(std::string(R"({"a":{"dtype":"F32","shape":[4]}})")), "no data_offsets"));
    EXPECT_TRUE(
        says(message_of(std::string(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})")), "dimension"));
    EXPECT_TRUE(says(message_of(std::string(R"({"a":{"dtype":"F32","shape":[1,1,1,1,1],"data_offsets":[0,4]}})")),
                     "at most 4 dimensions"));
    EXPECT_TRUE(
        says(message_of(std::string(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})")),
             "more than the file can hold"));
    EXPECT_TRUE(says(message_of(std::string(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,12]}})")),
                     "\"a\" of 16 bytes"));
    EXPECT_TRUE(
        says(message_of(std::string(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}})")), "data_offsets"));
    EXPECT_TRUE(says(message_of(std::string(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[4,20]}})")),
                     "before tensor \"a\" does"));
    EXPECT_TRUE(says(message_of(std::string(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},)"
                                            R"("b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}})")),
                     "overlap"));
}

TEST_F(Safetensors, EveryPrefixIsAnError)
{
    const auto bytes = sound().bytes();
    EXPECT_EQ(message_of(bytes), "");
    for (size_t n = 0; n < bytes.size(); ++n)
        EXPECT_TRUE(message_of(std::vector(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(n))).ends_with('.'))
            << "the first " << n << " bytes";
}

TEST_F(Safetensors, AThousandMutationsNeverCrash)
{
    std::mt19937_64 random(1);
    int n_loads = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::string message = message_of(mutate(sound().bytes(), random));
        EXPECT_TRUE(message.empty() || message.ends_with('.')) << message;
        n_loads += message.empty() ? 1 : 0;
    }
    EXPECT_GT(n_loads, 50);
    EXPECT_LT(n_loads, 950);
}

} // namespace
} // namespace conclave
