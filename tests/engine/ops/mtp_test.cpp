#include "ops/mtp.hpp"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

#include "op_backend.hpp"

namespace conclave
{

namespace
{

constexpr int32_t n_vocab = 50;

SampleBatch batch_of(int32_t n_rows)
{
    SampleBatch rows;
    for (int32_t i = 0; i < n_rows; ++i)
        rows.add(0, i, (i * 17 + 3) % n_vocab);
    return rows;
}

std::vector<float> run(OpBackend& backend, const ConclaveMtpWeights& w, const ConclaveBatch& batch,
                       std::vector<float> x)
{
    EXPECT_EQ(backend->mtp_mix(backend.get(), &w, &batch, x.data(), backend.message()), conclave_ok) << backend.text();
    return x;
}

/// The same from the matrices' floats, word for word as the paper has it.
std::vector<float> transcribed(const SampleMtp& layer, const ConclaveBatch& batch, const std::vector<float>& x)
{
    const auto h = static_cast<size_t>(layer.hidden);
    std::vector<float> embedding(n_vocab * h), projection(h * 2 * h), out;
    std::memcpy(embedding.data(), layer.embedding.view().data, embedding.size() * sizeof(float));
    std::memcpy(projection.data(), layer.eh_proj.view().data, projection.size() * sizeof(float));
    const auto norm = [&](const float* v, const std::vector<float>& w, std::vector<double>& to) {
        double squares = 0;
        for (size_t c = 0; c < h; ++c)
            squares += static_cast<double>(v[c]) * v[c];
        for (size_t c = 0; c < h; ++c)
            to.push_back(v[c] * w[c] / std::sqrt(squares / static_cast<double>(h) + 1e-6));
    };
    for (int32_t i = 0; i < batch.n_rows; ++i) {
        std::vector<double> both;
        norm(embedding.data() + static_cast<size_t>(batch.token[i]) * h, layer.enorm, both);
        norm(x.data() + static_cast<size_t>(i) * h, layer.hnorm, both);
        for (size_t r = 0; r < h; ++r) {
            double sum = 0;
            for (size_t c = 0; c < 2 * h; ++c)
                sum += static_cast<double>(projection[r * 2 * h + c]) * both[c];
            out.push_back(static_cast<float>(sum));
        }
    }
    return out;
}

} // namespace

TEST(MtpMix, IsWhatThePaperSays)
{
    for (const int32_t hidden : {1, 7, 64, 150})
        for (const int32_t n_rows : {1, 2, 5, 33}) {
            SampleNumbers numbers(static_cast<uint64_t>(hidden * 100 + n_rows));
            const SampleMtp layer(numbers, DType::F32, n_vocab, hidden);
            const SampleBatch rows = batch_of(n_rows);
            const ConclaveBatch batch = rows.view();
            const std::vector<float> x = numbers.floats(static_cast<int64_t>(n_rows) * hidden, 1);
            const std::vector<float> expected = transcribed(layer, batch, x);
            for (const ConclaveOpTable* table : {conclave_reference_ops(), conclave_cpu_ops()}) {
                OpBackend backend(table, 2);
                EXPECT_LE(normalized_error(run(backend, layer.view(), batch, x), expected), 1e-11)
                    << table->name << " hidden " << hidden << " rows " << n_rows;
            }
        }
}

TEST(MtpMix, TwoRowsHaveTheBitsOfEachAlone)
{
    for (const DType dtype : {DType::F32, DType::F16, DType::Q8_0, DType::Q4_K}) {
        SampleNumbers numbers(5);
        const SampleMtp layer(numbers, dtype, n_vocab, 256);
        const SampleBatch rows = batch_of(2);
        const ConclaveBatch both = rows.view();
        const std::vector<float> x = numbers.floats(2 * 256, 1);
        OpBackend backend(conclave_cpu_ops(), 2);
        const std::vector<float> together = run(backend, layer.view(), both, x);
        for (int32_t i = 0; i < 2; ++i) {
            const ConclaveBatch one{sizeof one, 1, both.sequence + i, both.position + i, both.token + i};
            const std::vector<float> alone =
                run(backend, layer.view(), one, {x.begin() + i * 256, x.begin() + (i + 1) * 256});
            EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + i * 256)) << dtype_info(dtype)->name;
        }
    }
}

TEST(MtpMix, RefusesWhatCannotBe)
{
    SampleNumbers numbers(5);
    const SampleMtp layer(numbers, DType::F32, n_vocab, 8);
    for (const ConclaveOpTable* table : {conclave_reference_ops(), conclave_cpu_ops()}) {
        OpBackend backend(table);
        std::vector<float> x(16);
        SampleBatch outside;
        outside.add(0, 0, n_vocab);
        ConclaveBatch batch = outside.view();
        ConclaveMtpWeights w = layer.view();
        EXPECT_EQ(backend->mtp_mix(backend.get(), &w, &batch, x.data(), backend.message()), conclave_invalid);
        EXPECT_NE(backend.text().find("Token 50"), std::string::npos) << backend.text();
        const SampleBatch rows = batch_of(1);
        batch = rows.view();
        w.hnorm = nullptr;
        EXPECT_EQ(backend->mtp_mix(backend.get(), &w, &batch, x.data(), backend.message()), conclave_invalid);
        EXPECT_NE(backend.text().find("norm"), std::string::npos) << backend.text();
        w = layer.view();
        w.eh_proj = layer.embedding.view();
        EXPECT_EQ(backend->mtp_mix(backend.get(), &w, &batch, x.data(), backend.message()), conclave_invalid);
        EXPECT_NE(backend.text().find("eh_proj"), std::string::npos) << backend.text();
    }
}

} // namespace conclave
