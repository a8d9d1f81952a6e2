#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace conclave::test
{

using Json = nlohmann::ordered_json;

/// What one run of conclave-cli left.
struct Finished {
    int status = -1;
    std::string out, err;

    std::vector<std::string> lines() const;
    /// Standard output as one JSON value; a test failure when it is anything else.
    Json json() const;
};

/// Runs conclave-cli with arguments as a shell reads them and `input` as its standard input.
Finished run(const std::string& arguments, const std::string& input = "");

/// A model of tests/golden/model, quoted for the shell.
std::string golden(const std::string& name);

/// A path in a folder of this process, removed at its end.
std::string scratch(const std::string& name);

std::string read_file(const std::string& path);

} // namespace conclave::test
