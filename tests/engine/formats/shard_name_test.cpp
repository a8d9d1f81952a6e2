#include "formats/shard_name.hpp"

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

TEST(ShardName, ReadsWhatItWrites)
{
    const std::string name = shard_name("a-model", 3, 12, ".gguf");
    EXPECT_EQ(name, "a-model-00003-of-00012.gguf");
    const auto parsed = parse_shard_name(name, ".gguf");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->prefix, "a-model");
    EXPECT_EQ(parsed->number, 3);
    EXPECT_EQ(parsed->count, 12);
}

TEST(ShardName, RefusesOtherForms)
{
    for (const char* name : {"", ".gguf", "model.gguf", "model-0003-of-00012.gguf", "model-00003-of-0001x.gguf",
                             "model-00003_of_00012.gguf", "model-00003-of-00012.bin", "00003-of-00012.gguf"})
        EXPECT_FALSE(parse_shard_name(name, ".gguf")) << name;
}

} // namespace
} // namespace conclave
