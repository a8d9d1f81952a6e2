#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <CLI/App.hpp>

#include "conclave/engine.hpp"
#include "conclave/model.hpp"

namespace conclave::cli
{

/// Exit status of the program: part of the contract in DESIGN.md.
enum Status : int { ok = 0, failed = 1, bad_usage = 2 };

/// Options that every command takes.
struct Common {
    std::string model;
    int n_threads = 0;
    std::string kernels = "auto";
    std::string device = "cpu";
    bool trace = true;
    bool json = false;
    std::optional<KvType> kv;      ///< of cached keys and values
    std::filesystem::path program; ///< of the running program, to find what is installed beside it
};

/// Adds MODEL and the options above to a command.
void add_common(CLI::App& command, Common& common, bool model_required = true);

/// Adds --kv.
void add_kv(CLI::App& command, Common& common);
/// What --kv says; where it says nothing f16 on the processor, which is what a device cannot have yet.
KvType kv_type(const Common& common);

struct Opened {
    Engine engine;
    std::shared_ptr<const Model> model;
};

/// The engine and the model that `common` asks for. Warnings of the engine go to stderr.
Result<Engine> make_engine(const Common& common);
Result<Opened> open_model(const Common& common);

/// One sentence on stderr; returns the exit status that fits the error.
int report(const Error& error);

// Each adds one command; its run leaves the exit status in `status`.
void add_info(CLI::App& app, Common& common, int& status);
void add_tokenize(CLI::App& app, Common& common, int& status);
void add_logits(CLI::App& app, Common& common, int& status);
void add_generate(CLI::App& app, Common& common, int& status);
void add_chat(CLI::App& app, Common& common, int& status);
void add_trace(CLI::App& app, Common& common, int& status);
void add_bench(CLI::App& app, Common& common, int& status);
void add_plan(CLI::App& app, Common& common, int& status);
void add_devices(CLI::App& app, Common& common, int& status);
void add_selftest(CLI::App& app, Common& common, int& status);

} // namespace conclave::cli
