#include "formats/printable.hpp"

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

TEST(Printable, KeepsOrdinaryNames)
{
    EXPECT_EQ(printable("blk.0.ffn_down_exps.weight"), "blk.0.ffn_down_exps.weight");
}

TEST(Printable, EscapesWhatCouldDeceiveATerminal)
{
    EXPECT_EQ(printable(std::string_view("a\0\x1B[2J\n\"\\\xFF", 10)), "a\\x00\\x1B[2J\\x0A\\x22\\x5C\\xFF");
}

TEST(Printable, CutsWhatIsLong)
{
    const std::string shown = printable(std::string(10'000, 'x'));
    EXPECT_EQ(shown, std::string(80, 'x') + "...");
}

} // namespace
} // namespace conclave
