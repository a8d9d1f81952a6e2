#include "text/nfc.hpp"

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

std::string composed(std::string_view text)
{
    std::string storage;
    return std::string(nfc(text, storage));
}

TEST(Nfc, ComposesAndOrders)
{
    EXPECT_EQ(composed("e\u0301"), "é");
    EXPECT_EQ(composed("a\u0315\u0300"), "à\u0315") << "marks by class before they compose";
    EXPECT_EQ(composed("\u1100\u1161\u11A8"), "각") << "Hangul by rule";
    EXPECT_EQ(composed("\u212B"), "Å") << "a singleton";
    EXPECT_EQ(composed("\u0958"), "\u0915\u093C") << "excluded from composition";
    EXPECT_EQ(composed("ﬁ"), "ﬁ") << "compatibility stays";
}

TEST(Nfc, LeavesAsciiWhereItIs)
{
    std::string storage = "untouched";
    const std::string_view text = "plain\r\n";
    EXPECT_EQ(nfc(text, storage).data(), text.data());
    EXPECT_EQ(storage, "untouched");
    EXPECT_EQ(composed(""), "");
    EXPECT_EQ(composed(std::string("é\0x", 4)), std::string("é\0x", 4)) << "zero ends nothing";
}

} // namespace
} // namespace conclave
