"""Reads an exported GGUF back into the PyTorch model, decoded to fp32: what is graded is the file that ships."""
from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models

from .model import Config, GuideDS
from .tokenizer import PATTERNS, SPECIAL, pre_tokenizer

ATTENTION = {"attn_q_a": "q_a_proj", "attn_q_b": "q_b_proj", "attn_kv_a_mqa": "kv_a_proj_with_mqa", "attn_output": "o_proj",
             "attn_q_a_norm": "q_a_layernorm", "attn_kv_a_norm": "kv_a_layernorm"}
MLP_NAMES = {"ffn_gate": "gate_proj", "ffn_up": "up_proj", "ffn_down": "down_proj"}


def block_weights(t: dict[str, np.ndarray], i: int, target: str) -> dict[str, np.ndarray]:
    blk = f"blk.{i}."
    out = {target + "input_layernorm.weight": t[blk + "attn_norm.weight"], target + "post_attention_layernorm.weight": t[blk + "ffn_norm.weight"]}
    out |= {f"{target}self_attn.{ours}.weight": t[f"{blk}{theirs}.weight"] for theirs, ours in ATTENTION.items()}
    kv_b = np.concatenate([t[blk + "attn_k_b.weight"].transpose(0, 2, 1), t[blk + "attn_v_b.weight"]], 1)
    out[target + "self_attn.kv_b_proj.weight"] = kv_b.reshape(-1, kv_b.shape[-1])
    if blk + "ffn_gate_inp.weight" not in t:
        return out | {f"{target}mlp.{ours}.weight": t[f"{blk}{theirs}.weight"] for theirs, ours in MLP_NAMES.items()}
    out |= {target + "mlp.gate": t[blk + "ffn_gate_inp.weight"], target + "mlp.e_score_correction_bias": t[blk + "exp_probs_b.bias"],
            target + "mlp.gate_up": np.concatenate([t[blk + f"ffn_{n}_exps.weight"].transpose(0, 2, 1) for n in ("gate", "up")], 2),
            target + "mlp.down": t[blk + "ffn_down_exps.weight"].transpose(0, 2, 1)}
    return out | {f"{target}mlp.shared_experts.{ours}.weight": t[f"{blk}{theirs}_shexp.weight"] for theirs, ours in MLP_NAMES.items()}


def load(path: Path) -> tuple[GuideDS, Tokenizer]:
    """The model in evaluation mode and its tokenizer."""
    reader = gguf.GGUFReader(path)
    t = {x.name: gguf.quants.dequantize(x.data, x.tensor_type).reshape([int(n) for n in reversed(x.shape)]) for x in reader.tensors}
    c = Config()
    w = {"embed_tokens.weight": t["token_embd.weight"], "norm.weight": t["output_norm.weight"]}
    for i in range(c.num_hidden_layers):
        w |= block_weights(t, i, f"layers.{i}.")
    w |= block_weights(t, c.num_hidden_layers, "mtp.block.")
    w |= {f"mtp.{n}.weight": t[f"blk.{c.num_hidden_layers}.nextn.{n}.weight"] for n in ("eh_proj", "enorm", "hnorm", "shared_head_norm")}
    model = GuideDS(c)
    model.load_state_dict({k: torch.from_numpy(np.array(v, np.float32)) for k, v in w.items()})
    tokens = reader.fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(m.split(" ", 1)) for m in reader.fields["tokenizer.ggml.merges"].contents()]
    tok = Tokenizer(models.BPE(vocab={s: i for i, s in enumerate(tokens)}, merges=merges))
    tok.pre_tokenizer = pre_tokenizer(PATTERNS)
    tok.decoder = decoders.ByteLevel()
    tok.add_special_tokens(SPECIAL)
    return model.eval(), tok
