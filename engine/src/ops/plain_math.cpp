#include <algorithm>
#include <cmath>

#include "ops/plain_math.hpp"
#include "ops/rmsnorm.hpp"

namespace conclave
{

double dot_ref(const float* a, const float* b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; ++i)
        sum += static_cast<double>(a[i]) * b[i];
    return sum;
}

void softmax_ref(std::vector<double>& scores)
{
    const double largest = *std::max_element(scores.begin(), scores.end());
    double sum = 0;
    for (double& s : scores)
        sum += s = std::exp(s - largest);
    for (double& s : scores)
        s /= sum;
}

std::vector<float> norm_rows_ref(const float* x, int64_t stride, const float* w, int64_t width, int64_t n_rows,
                                 float eps)
{
    std::vector<float> out(static_cast<size_t>(n_rows * width));
    for (int64_t i = 0; i < n_rows; ++i)
        rmsnorm_ref(x + i * stride, w, width, eps, out.data() + i * width);
    return out;
}

} // namespace conclave
