#!/usr/bin/env python3
"""Writes a checkpoint of train.py as GGUF, named and laid out as llama.cpp's converter does for deepseek2.

usage: export_gguf.py --checkpoint OUT/last.pt --tokenizer DATA/tokenizer.json --out guide-ds.gguf [--type q8_0|f32]
Matrices become Q8_0; norms, routers and selection biases stay F32. kv_b is stored in BF16 as attn_k_b (transposed) and attn_v_b.
The MTP block is the last block, counted by block_count and named by nextn_predict_layers.
"""
from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import gguf
import numpy as np
import torch

from guide_ds.model import Config
from guide_ds.tokenizer import BOS, EOS, PAD, SPECIAL, TEMPLATE

Q8 = gguf.GGMLQuantizationType.Q8_0
BF16 = gguf.GGMLQuantizationType.BF16
F32 = gguf.GGMLQuantizationType.F32
MLP_NAMES = {"gate_proj": "ffn_gate", "up_proj": "ffn_up", "down_proj": "ffn_down"}
ATTENTION = {"q_a_proj": "attn_q_a", "q_b_proj": "attn_q_b", "kv_a_proj_with_mqa": "attn_kv_a_mqa", "o_proj": "attn_output",
             "q_a_layernorm": "attn_q_a_norm", "kv_a_layernorm": "attn_kv_a_norm"}


def block_tensors(w: dict[str, np.ndarray], source: str, i: int, c: Config) -> dict[str, np.ndarray]:
    """Tensors of one decoder block, by GGUF name; arrays are [..., out, in]."""
    blk = f"blk.{i}."
    out = {blk + "attn_norm.weight": w[source + "input_layernorm.weight"], blk + "ffn_norm.weight": w[source + "post_attention_layernorm.weight"]}
    for ours, theirs in ATTENTION.items():
        out[f"{blk}{theirs}.weight"] = w[f"{source}self_attn.{ours}.weight"]
    kv_b = w[source + "self_attn.kv_b_proj.weight"].reshape(c.num_attention_heads, c.qk_nope_head_dim + c.v_head_dim, c.kv_lora_rank)
    out[blk + "attn_k_b.weight"] = kv_b[:, :c.qk_nope_head_dim].transpose(0, 2, 1)
    out[blk + "attn_v_b.weight"] = kv_b[:, c.qk_nope_head_dim:]
    mlp = source + "mlp."
    if mlp + "gate" not in w:
        return out | {f"{blk}{theirs}.weight": w[f"{mlp}{ours}.weight"] for ours, theirs in MLP_NAMES.items()}
    gate, up = np.split(w[mlp + "gate_up"], 2, axis=2)
    out |= {blk + "ffn_gate_inp.weight": w[mlp + "gate"], blk + "exp_probs_b.bias": w[mlp + "e_score_correction_bias"],
            blk + "ffn_gate_exps.weight": gate.transpose(0, 2, 1), blk + "ffn_up_exps.weight": up.transpose(0, 2, 1),
            blk + "ffn_down_exps.weight": w[mlp + "down"].transpose(0, 2, 1)}
    return out | {f"{blk}{theirs}_shexp.weight": w[f"{mlp}shared_experts.{ours}.weight"] for ours, theirs in MLP_NAMES.items()}


def all_tensors(w: dict[str, np.ndarray], c: Config) -> dict[str, np.ndarray]:
    out = {"token_embd.weight": w["embed_tokens.weight"], "output_norm.weight": w["norm.weight"]}
    for i in range(c.num_hidden_layers):
        out |= block_tensors(w, f"layers.{i}.", i, c)
    last = c.num_hidden_layers
    out |= block_tensors(w, "mtp.block.", last, c)
    return out | {f"blk.{last}.nextn.{n}.weight": w[f"mtp.{n}.weight"] for n in ("eh_proj", "enorm", "hnorm", "shared_head_norm")}


def type_of(name: str, array: np.ndarray) -> gguf.GGMLQuantizationType:
    """kv_b is BF16: llama.cpp stops on its per-head products in Q8_0 or F16 where the CPU has AMX (tried: assertion, wrong values)."""
    if array.ndim == 1 or name.endswith("ffn_gate_inp.weight"):
        return F32
    return BF16 if name.endswith(("attn_k_b.weight", "attn_v_b.weight")) else Q8


def write_keys(g: gguf.GGUFWriter, c: Config) -> None:
    g.add_name("Guide-DS")
    g.add_description("The built-in guide of Conclave: the DeepSeek-V3 architecture in miniature")
    g.add_license("mit")
    g.add_block_count(c.num_hidden_layers + c.num_nextn_predict_layers)
    g.add_context_length(c.max_position_embeddings)
    g.add_embedding_length(c.hidden_size)
    g.add_feed_forward_length(c.intermediate_size)
    g.add_vocab_size(c.vocab_size)
    g.add_head_count(c.num_attention_heads)
    g.add_head_count_kv(1)
    g.add_layer_norm_rms_eps(c.rms_norm_eps)
    g.add_rope_freq_base(c.rope_theta)
    g.add_rope_dimension_count(c.qk_rope_head_dim)
    g.add_q_lora_rank(c.q_lora_rank)
    g.add_kv_lora_rank(c.kv_lora_rank)
    g.add_key_length(c.kv_lora_rank + c.qk_rope_head_dim)
    g.add_value_length(c.kv_lora_rank)
    g.add_key_length_mla(c.qk_nope_head_dim + c.qk_rope_head_dim)
    g.add_value_length_mla(c.v_head_dim)
    g.add_leading_dense_block_count(c.first_k_dense_replace)
    g.add_expert_count(c.n_routed_experts)
    g.add_expert_used_count(c.num_experts_per_tok)
    g.add_expert_shared_count(c.n_shared_experts)
    g.add_expert_feed_forward_length(c.moe_intermediate_size)
    g.add_expert_weights_scale(c.routed_scaling_factor)
    g.add_expert_weights_norm(True)
    g.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID)
    g.add_expert_group_count(c.n_group)
    g.add_expert_group_used_count(c.topk_group)
    g.add_nextn_predict_layers(c.num_nextn_predict_layers)


def write_tokenizer(g: gguf.GGUFWriter, path: Path) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))["model"]
    tokens = [t for t, _ in sorted(data["vocab"].items(), key=lambda item: item[1])]
    merges = [m if isinstance(m, str) else " ".join(m) for m in data["merges"]]
    g.add_tokenizer_model("gpt2")
    g.add_tokenizer_pre("deepseek-v3")
    g.add_token_list(tokens)
    g.add_token_types([int(gguf.TokenType.CONTROL if t in SPECIAL[:5] else gguf.TokenType.USER_DEFINED if t in SPECIAL else gguf.TokenType.NORMAL) for t in tokens])
    g.add_token_merges(merges)
    g.add_bos_token_id(tokens.index(BOS))
    g.add_eos_token_id(tokens.index(EOS))
    g.add_pad_token_id(tokens.index(PAD))
    g.add_add_bos_token(True)
    g.add_add_eos_token(False)
    g.add_chat_template(TEMPLATE)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--checkpoint", type=Path, required=True)
    p.add_argument("--tokenizer", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--type", choices=["q8_0", "f32"], default="q8_0")
    a = p.parse_args()
    state = torch.load(a.checkpoint, map_location="cpu", weights_only=False)
    c = Config(**state["config"])
    weights = {k: v.float().numpy() for k, v in state["model"].items()}
    part = a.out.with_suffix(".part")
    g = gguf.GGUFWriter(str(part), "deepseek2")
    write_keys(g, c)
    g.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0 if a.type == "q8_0" else gguf.LlamaFileType.ALL_F32)
    g.add_quantization_version(gguf.GGML_QUANT_VERSION)
    write_tokenizer(g, a.tokenizer)
    for name, array in all_tensors(weights, c).items():
        array = np.ascontiguousarray(array, np.float32)
        kind = F32 if a.type == "f32" else type_of(name, array)
        g.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)
    g.write_header_to_file()
    g.write_kv_data_to_file()
    g.write_tensors_to_file()
    g.close()
    os.replace(part, a.out)
    print(f"{a.out}: {a.out.stat().st_size} bytes, {sum(v.size for v in all_tensors(weights, c).values())} parameters")


if __name__ == "__main__":
    main()
