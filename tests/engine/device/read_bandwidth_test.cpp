#include "device/read_bandwidth.hpp"

#include <gtest/gtest.h>

namespace conclave
{
namespace
{

TEST(read_bandwidth, is_that_of_memory)
{
    const double one = read_bandwidth(1);
    EXPECT_GT(one, 1e8);
    EXPECT_LT(one, 1e12);
}

} // namespace
} // namespace conclave
