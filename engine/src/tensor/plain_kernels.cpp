// What stands in for the tuned kernels in a build without Highway: the plain decoders, and dot products over what they
// decode, summed in double in order. Right, and far slower than the tuned ones.

#include "base/check.hpp"
#include "tensor/block_layout.hpp"
#include "tensor/codec.hpp"
#include "tensor/codec_kernels.hpp"
#include "tensor/decode_rows.hpp"
#include "tensor/f8_e4m3.hpp"
#include "tensor/int8_gemm.hpp"
#include "tensor/kernel_target.hpp"
#include "tensor/unpacked.hpp"

namespace conclave
{

namespace
{

using Decode = void (*)(const uint8_t* in, int64_t n, float* out);

/// The i-th activation as the tuned kernels see it.
template <bool TakesInt8>
double activation_value(const Activation& a, int64_t i)
{
    if constexpr (TakesInt8)
        return static_cast<double>(a.scale[i / 32]) * a.q[i];
    else
        return static_cast<double>(a.x[i]);
}

/// `Step` elements of a row lie in `StepBytes`.
template <Decode decode, int64_t Step, int64_t StepBytes, bool TakesInt8>
void dot_rows_plain(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a, float* out)
{
    for (int64_t r = 0; r < n_rows; ++r) {
        const uint8_t* p = rows + r * row_bytes;
        double sum = 0;
        for (int64_t i = 0; i < n; i += Step, p += StepBytes) {
            float values[Step];
            decode(p, Step, values);
            for (int64_t j = 0; j < Step; ++j)
                sum += static_cast<double>(values[j]) * activation_value<TakesInt8>(a, i + j);
        }
        out[r] = static_cast<float>(sum);
    }
}

} // namespace

#define CONCLAVE_PLAIN_KERNELS(name, step, step_bytes, takes_int8)                                                     \
    void decode_##name##_cpu(const uint8_t* in, int64_t n, float* out)                                                 \
    {                                                                                                                  \
        decode_##name##_ref(in, n, out);                                                                               \
    }                                                                                                                  \
    void dot_rows_##name##_cpu(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const Activation& a, \
                               float* out)                                                                             \
    {                                                                                                                  \
        dot_rows_plain<decode_##name##_ref, step, step_bytes, takes_int8>(rows, row_bytes, n_rows, n, a, out);         \
    }

CONCLAVE_PLAIN_KERNELS(f32, 1, 4, false)
CONCLAVE_PLAIN_KERNELS(f16, 1, 2, false)
CONCLAVE_PLAIN_KERNELS(bf16, 1, 2, false)
CONCLAVE_PLAIN_KERNELS(f8_e4m3, 1, 1, false)
CONCLAVE_PLAIN_KERNELS(q8_0, q8_0::n, q8_0::n_bytes, true)
CONCLAVE_PLAIN_KERNELS(q4_0, q4_0::n, q4_0::n_bytes, true)
CONCLAVE_PLAIN_KERNELS(q4_1, q4_1::n, q4_1::n_bytes, true)
CONCLAVE_PLAIN_KERNELS(q5_0, q5_0::n, q5_0::n_bytes, true)
CONCLAVE_PLAIN_KERNELS(q5_1, q5_1::n, q5_1::n_bytes, true)
CONCLAVE_PLAIN_KERNELS(q4_k, q4_k::n, q4_k::n_bytes, true)
CONCLAVE_PLAIN_KERNELS(q5_k, q5_k::n, q5_k::n_bytes, true)
CONCLAVE_PLAIN_KERNELS(q6_k, q6_k::n, q6_k::n_bytes, true)
CONCLAVE_PLAIN_KERNELS(iq4_nl, iq4_nl::n, iq4_nl::n_bytes, true)
CONCLAVE_PLAIN_KERNELS(mxfp4, mxfp4::n, mxfp4::n_bytes, true)
CONCLAVE_PLAIN_KERNELS(q2_k, q2_k::n, q2_k::n_bytes, true)
CONCLAVE_PLAIN_KERNELS(q3_k, q3_k::n, q3_k::n_bytes, true)
CONCLAVE_PLAIN_KERNELS(iq4_xs, iq4_xs::n, iq4_xs::n_bytes, true)

#undef CONCLAVE_PLAIN_KERNELS

void dot_scaled_rows_f8_e4m3(const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, const float* scales,
                             const float* x, float* out)
{
    for (int64_t r = 0; r < n_rows; ++r) {
        double sum = 0;
        for (int64_t i = 0; i < n; ++i) {
            float value = 0;
            decode_f8_e4m3_ref(rows + r * row_bytes + i, 1, &value);
            sum += static_cast<double>(scales[i / f8_scale_block]) * value * x[i];
        }
        out[r] = static_cast<float>(sum);
    }
}

void dot_unpacked_rows(const UnpackedType& type, const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n,
                       const Activation& activation, float* out)
{
    for (int64_t r = 0; r < n_rows; ++r) {
        const uint8_t* p = rows + r * row_bytes;
        double sum = 0;
        for (int64_t i = 0; i < n; i += 256, p += type.block_bytes) {
            float values[256];
            decode_unpacked(type, p, 256, values);
            for (int64_t j = 0; j < 256; ++j)
                sum += static_cast<double>(values[j]) * activation_value<true>(activation, i + j);
        }
        out[r] = static_cast<float>(sum);
    }
}

void quantize_activation(const float* x, int64_t n, const QuantizedActivation& out)
{
    quantize_activation_ref(x, n, out);
}

void int8_gemm(const Int8Weights&, const Int8Panels&, int64_t, float*, int64_t)
{
    check_failed("a build without tuned kernels unpacks no weights", "int8_gemm", __FILE__, __LINE__);
}

std::vector<std::string> supported_kernel_targets()
{
    return {};
}
bool select_kernel_target(std::string_view name)
{
    return name == "auto";
}
const char* kernel_target_name()
{
    return "reference";
}

void decode_rows(DType dtype, const uint8_t* rows, int64_t row_bytes, int64_t n_rows, int64_t n, float* out)
{
    for (int64_t r = 0; r < n_rows; ++r)
        codec(dtype).decode_ref(rows + r * row_bytes, n, out + r * n);
}

} // namespace conclave
