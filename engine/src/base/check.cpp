#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace conclave
{

void check_failed(const char* what, const char* condition, const char* file, int line) noexcept
{
    std::fprintf(stderr, "conclave: broken invariant: %s (%s) at %s:%d\n", what, condition, file, line);
    std::fflush(stderr);
    std::abort();
}

} // namespace conclave
