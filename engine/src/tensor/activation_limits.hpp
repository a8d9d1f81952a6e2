#pragma once

namespace conclave
{

/// A block of activations whose largest magnitude is below this is taken as zeros: its inverse scale would not fit a
/// float. A block with an infinity or NaN gets scale NaN and zeros, so that the damage shows in every sum it enters.
constexpr float smallest_activation = 0x1p-100f;

} // namespace conclave
