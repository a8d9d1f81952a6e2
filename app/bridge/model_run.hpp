#pragma once

#include <memory>
#include <string>

#include "conclave/kv_type.hpp"

namespace conclave
{
class Model;
}

/// A model and how it is run.
struct ModelRun {
    std::shared_ptr<const conclave::Model> model; ///< null: none
    int contextLength = 0;                        ///< tokens
    conclave::KvType kvType = conclave::KvType::f16;
    std::string kernels; ///< what computes, as conclave::Engine::kernels() says
};
