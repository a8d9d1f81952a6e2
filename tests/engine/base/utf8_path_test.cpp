#include "base/utf8_path.hpp"

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

TEST(Utf8Path, SurvivesTheRoundTrip)
{
    for (const std::string text : {"model.gguf", "模型/ü ё.gguf", "a b/ünïcödé", ""})
        EXPECT_EQ(utf8_from_path(path_from_utf8(text)), text);
}

TEST(Utf8Path, JoinsAsPathsDo)
{
    EXPECT_EQ(utf8_from_path((path_from_utf8("моделі") / path_from_utf8("ß.gguf")).filename()), "ß.gguf");
}

} // namespace
} // namespace conclave
