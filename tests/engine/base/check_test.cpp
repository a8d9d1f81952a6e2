#include "base/check.hpp"

#include <gtest/gtest.h>

namespace
{

TEST(Check, PassesWhatHolds)
{
    int evaluated = 0;
    CONCLAVE_CHECK(++evaluated == 1, "evaluated once");
    EXPECT_EQ(evaluated, 1);
}

TEST(CheckDeathTest, NamesWhatBrokeAndWhere)
{
    EXPECT_DEATH(CONCLAVE_CHECK(1 + 1 == 3, "sums hold"),
                 "broken invariant: sums hold \\(1 \\+ 1 == 3\\) at .*check_test.cpp");
}

} // namespace
