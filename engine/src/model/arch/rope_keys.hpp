#pragma once

#include "model/config.hpp"
#include "model/key_reader.hpp"

namespace conclave
{

/// rope.freq_base and rope.scaling.* into `config`. Scaling types that are not known are an error.
void read_rope(KeyReader& keys, Config& config);

} // namespace conclave
