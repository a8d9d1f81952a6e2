#include "program.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

#ifndef _WIN32
#include <sys/wait.h>
#endif

namespace conclave::test
{

std::string read_file(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string scratch(const std::string& name)
{
    struct Folder {
        std::filesystem::path path =
            std::filesystem::temp_directory_path() / ("conclave-cli-test-" + std::to_string(std::random_device()()));
        Folder() { std::filesystem::create_directories(path); }
        ~Folder() { std::filesystem::remove_all(path); }
    };
    static const Folder folder;
    return (folder.path / name).string();
}

std::string golden(const std::string& name)
{
    return "'" CONCLAVE_SOURCE_DIR "/tests/golden/model/" + name + "'";
}

Finished run(const std::string& arguments, const std::string& input)
{
    const std::string in = scratch("in"), out = scratch("out"), err = scratch("err");
    std::ofstream(in, std::ios::binary) << input;
    const std::string command = "'" CONCLAVE_CLI "' " + arguments + " <'" + in + "' >'" + out + "' 2>'" + err + "'";
    const int raw = std::system(command.c_str());
#ifdef _WIN32
    const int status = raw;
#else
    const int status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
#endif
    return {status, read_file(out), read_file(err)};
}

std::vector<std::string> Finished::lines() const
{
    std::vector<std::string> all;
    std::istringstream stream(out);
    for (std::string line; std::getline(stream, line);)
        all.push_back(line);
    return all;
}

Json Finished::json() const
{
    Json value = Json::parse(out, nullptr, false);
    EXPECT_FALSE(value.is_discarded()) << "standard output is not JSON alone: " << out << err;
    return value;
}

} // namespace conclave::test
