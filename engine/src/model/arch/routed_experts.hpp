#pragma once

#include "formats/model_file.hpp"
#include "model/config.hpp"
#include "model/key_reader.hpp"

namespace conclave
{

/// num_hidden_layers. Blocks of multi-token prediction at the end are loaded past. Some converters count them in
/// block_count and some drop them, so what the file holds decides.
void read_layers(KeyReader& keys, const ModelFile& file, Config& config);

/// Sizes and rule of experts as DeepSeek and GLM route: after first_k_dense_replace dense layers, by softmax or
/// sigmoid, with a selection bias and in groups where the file says so. Needs num_hidden_layers.
void read_routed_experts(KeyReader& keys, const ModelFile& file, Config& config);

} // namespace conclave
