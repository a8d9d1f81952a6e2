#pragma once

#include "model/arch/arch.hpp"
#include "model/model_state.hpp"

namespace conclave
{

/// Makes weights.mtp of the first block of multi-token prediction that the file has, or says in mtp_error why there is
/// none: nothing else of the model needs it, so a file with a broken one still answers. The block stands behind the
/// layers. The model's other weights are there already.
void bind_mtp(ModelState& model, const Arch& arch, const ConclaveRope& rope);

} // namespace conclave
