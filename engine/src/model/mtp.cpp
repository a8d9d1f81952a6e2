#include "model/mtp.hpp"

#include "model/arch/channel_mixer.hpp"
#include "model/tensor_source.hpp"

namespace conclave
{

namespace
{

/// Newer files leave out what the block shares with the model.
ConclaveMatrix own_or(TensorSource& tensors, const std::string& name, const ConclaveMatrix& shared)
{
    return tensors.has(name) ? tensors.matrix(name, shared.n_rows, shared.n_cols) : shared;
}

MtpBlock bind_block(TensorSource& tensors, const ModelState& model, const Arch& arch, const ConclaveRope& rope)
{
    const Config& config = model.config;
    const int layer = config.num_hidden_layers;
    const int64_t hidden = config.hidden_size;
    MtpBlock mtp;
    mtp.mix.size = sizeof mtp.mix;
    mtp.mix.hidden = config.hidden_size;
    mtp.mix.rms_norm_eps = static_cast<float>(config.rms_norm_eps);
    mtp.mix.eh_proj = tensors.matrix(block(layer, "nextn.eh_proj.weight"), hidden, 2 * hidden);
    mtp.mix.enorm = tensors.vector(block(layer, "nextn.enorm.weight"), hidden);
    mtp.mix.hnorm = tensors.vector(block(layer, "nextn.hnorm.weight"), hidden);
    mtp.mix.embedding = own_or(tensors, block(layer, "nextn.embed_tokens.weight"), model.weights.embedding);
    mtp.shared_head_norm = tensors.vector(block(layer, "nextn.shared_head_norm.weight"), hidden);
    mtp.shared_head = own_or(tensors, block(layer, "nextn.shared_head_head.weight"), model.weights.output);
    if (!tensors.error()) {
        mtp.layer = arch.bind_layer(tensors, config, rope, layer);
    }
    return mtp;
}

} // namespace

void bind_mtp(ModelState& model, const Arch& arch, const ConclaveRope& rope)
{
    if (!model.file.find(block(model.config.num_hidden_layers, "nextn.eh_proj.weight"))) {
        model.mtp_error.message = model.file.name() +
                                  " has no block that predicts further tokens (MTP), so nothing can be drafted; leave "
                                  "drafting out, or take a file that has one";
        return;
    }
    DerivedTensors derived;
    TensorSource tensors(model.file, derived);
    MtpBlock mtp = bind_block(tensors, model, arch, rope);
    if (tensors.error()) {
        model.mtp_error = *tensors.error();
        return;
    }
    model.weights.mtp = std::move(mtp);
    model.weights.mtp_derived = std::move(derived);
    for (const FileTensor* tensor : tensors.taken()) {
        model.mtp_bytes += tensor->n_bytes();
    }
}

} // namespace conclave
