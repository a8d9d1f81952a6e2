#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "conclave/engine.hpp"
#include "conclave/model.hpp"

namespace conclave::test
{

/// An engine for a test; throws when there is none, which fails the test.
inline Engine make_engine(const std::string& kernels = "reference", int n_threads = 1)
{
    auto engine = Engine::create({.n_threads = n_threads, .kernels = kernels, .log = {}});
    if (!engine)
        throw std::runtime_error(engine.error().message);
    return *std::move(engine);
}

inline std::shared_ptr<const Model> open_model(const Engine& engine, const std::filesystem::path& path)
{
    auto model = Model::open(engine, path);
    if (!model)
        throw std::runtime_error(model.error().message);
    return *std::move(model);
}

inline std::filesystem::path golden(const std::string& name)
{
    return std::filesystem::path(CONCLAVE_SOURCE_DIR) / "tests" / "golden" / "model" / name;
}

/// The model that comes with the program.
inline std::filesystem::path built_in_model()
{
    return std::filesystem::path(CONCLAVE_SOURCE_DIR) / "resources" / "models" / "guide-ds.gguf";
}

} // namespace conclave::test
