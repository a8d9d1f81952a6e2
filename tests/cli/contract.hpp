#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "program.hpp"

namespace conclave::test
{

/// The keys of tests/golden/cli/contract.json are there, in their order; more may follow.
inline void expect_keys(const Json& value, const std::string& name)
{
    static const Json contract = Json::parse(read_file(CONCLAVE_SOURCE_DIR "/tests/golden/cli/contract.json"));
    ASSERT_TRUE(value.is_object()) << name;
    std::vector<std::string> found, wanted = contract.at(name);
    for (const auto& [key, ignored] : value.items())
        found.push_back(key);
    ASSERT_GE(found.size(), wanted.size()) << value.dump();
    found.resize(wanted.size());
    EXPECT_EQ(found, wanted) << name;
}

/// Bad usage or failure: nothing on standard output, one sentence on standard error.
inline void expect_error(const std::string& arguments, int status)
{
    const Finished done = run(arguments);
    EXPECT_EQ(done.status, status) << arguments << "\n" << done.err;
    EXPECT_EQ(done.out, "") << arguments;
    EXPECT_TRUE(done.err.starts_with("conclave-cli: ")) << arguments << "\n" << done.err;
    EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << arguments << "\n" << done.err;
}

} // namespace conclave::test
