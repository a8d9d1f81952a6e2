#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>

#include "json.hpp"
#include "program.hpp"

namespace conclave::cli
{

namespace
{

struct Options {
    std::string text;
    bool has_text = false;
    bool special = false, bos = false, jsonl = false;
};

/// A JSON string a line in, an id array a line out.
int run_lines(const Model& model, const TokenizeOptions& options)
{
    std::string line;
    for (int number = 1; std::getline(std::cin, line); ++number) {
        const Json text = Json::parse(line, nullptr, false);
        if (!text.is_string()) {
            return report({ErrorCode::format, "line " + std::to_string(number) +
                                                  " of standard input is no JSON string; " +
                                                  "write one string in double quotes on each line"});
        }
        const auto ids = model.tokenize(text.get<std::string>(), options);
        if (!ids) {
            return report(ids.error());
        }
        print_json(*ids);
    }
    return ok;
}

int run(const Common& common, const Options& options)
{
    const auto opened = open_model(common);
    if (!opened) {
        return report(opened.error());
    }
    const Model& model = *opened->model;
    const TokenizeOptions how{options.bos, options.special};
    if (options.jsonl) {
        return run_lines(model, how);
    }
    const std::string text =
        options.has_text ? options.text
                         : std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
    const auto ids = model.tokenize(text, how);
    if (!ids) {
        return report(ids.error());
    }
    Json pieces = Json::array();
    for (const int32_t id : *ids) {
        pieces.push_back(model.token_bytes(id));
    }
    if (common.json) {
        print_json({{"ids", *ids}, {"pieces", pieces}});
        return ok;
    }
    for (size_t i = 0; i < ids->size(); ++i) {
        std::printf("%7d  %s\n", (*ids)[i], pieces[i].dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
    }
    return ok;
}

} // namespace

void add_tokenize(CLI::App& app, Common& common, int& status)
{
    CLI::App& command = *app.add_subcommand("tokenize", "Text to token ids");
    add_common(command, common);
    auto options = std::make_shared<Options>();
    command.add_option("-p,--prompt", options->text, "the text; without it standard input is read");
    command.add_flag("--special", options->special, "read special tokens' texts as those tokens");
    command.add_flag("--bos", options->bos, "start with the beginning-of-text token");
    command.add_flag("--jsonl", options->jsonl, "a JSON string a line in, an id array a line out");
    command.callback([&command, &common, &status, options] {
        options->has_text = command.count("--prompt") > 0;
        status = run(common, *options);
    });
}

} // namespace conclave::cli
