#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <system_error>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Error.hpp>
#include <CLI/Formatter.hpp>

#include "program.hpp"
#include "terminal.hpp"

using namespace conclave::cli;

namespace
{

/// Where this program is. /proc names it on Linux; elsewhere the first argument does, when it holds a folder.
std::filesystem::path program_path(const char* argument)
{
    std::error_code error;
    const std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", error);
    return error ? std::filesystem::absolute(argument, error) : path;
}

/// CLI11 explains a mistake over several lines; the contract is one sentence.
int usage(const CLI::ParseError& error)
{
    std::string text = error.what();
    std::replace(text.begin(), text.end(), '\n', ' ');
    std::fprintf(stderr, "conclave-cli: %s; run conclave-cli --help for what there is\n", text.c_str());
    return bad_usage;
}

/// Names a first word that is no command, which CLI11 only says is missing. Returns whether it did.
bool refuse_unknown(const CLI::App& app, int argc, char** argv)
{
    if (argc < 2 || argv[1][0] == '-') {
        return false;
    }
    std::string known;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        if (command->get_name() == argv[1]) {
            return false;
        }
        known += (known.empty() ? "" : ", ") + command->get_name();
    }
    std::fprintf(stderr, "conclave-cli: \"%s\" is no command; there are %s\n", without_controls(argv[1]).c_str(),
                 known.c_str());
    return true;
}

} // namespace

int main(int argc, char** argv)
{
    int status = ok;
    try {
        CLI::App app("Runs open language models on this machine and shows how their experts are used.", "conclave-cli");
        argv = app.ensure_utf8(argv);
        app.require_subcommand(1);
        Common common;
        common.program = program_path(argv[0]);
        for (auto* add : {add_info, add_tokenize, add_logits, add_generate, add_chat, add_trace, add_bench, add_plan,
                          add_devices, add_selftest}) {
            add(app, common, status);
        }
        if (refuse_unknown(app, argc, argv)) {
            return bad_usage;
        }
        try {
            app.parse(argc, argv);
        } catch (const CLI::ParseError& error) {
            return error.get_exit_code() == 0 ? app.exit(error) : usage(error);
        }
    } catch (const std::exception& error) { // only memory can run out here; the engine throws nothing
        std::fprintf(stderr, "conclave-cli: %s\n", error.what());
        return failed;
    }
    return status;
}
