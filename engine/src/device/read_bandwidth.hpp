#pragma once

namespace conclave
{

/// Bytes per second at which n_threads read memory in huge pages: the best of a few passes over a buffer far larger
/// than caches. 0 when there is no memory for it.
double read_bandwidth(int n_threads);

} // namespace conclave
