#!/usr/bin/env python3
"""Writes the golden models of the families with grouped-query attention and what transformers says of them.

usage: make_families.py [OUT_DIR]      (needs numpy, torch, transformers, safetensors and gguf; seeded: the same files every time)

Each NAME.gguf is a tiny random model in F32, hf/NAME the same model as transformers saves it; NAME.logits is float32 [n_positions, n_vocab] from transformers in float64, and
NAME.json holds the token ids, the positions compared and every routing decision. Logits of the router are taken from the
running model; what follows is the published rule (SparseMoeBlock.forward of each family): softmax, top-k, normalised where
norm_topk_prob says so. Ties go to the lower id (a stable sort).
"""
import json
import math
import pathlib
import sys

import gguf
import numpy as np
import torch
import transformers as hf

torch.set_default_dtype(torch.float64)
VOCAB, TOKENS, CONTEXT = 64, 32, 16384
SIZE = dict(vocab_size=VOCAB, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=CONTEXT, attn_implementation='eager', tie_word_embeddings=False, dtype=torch.float64)
LLAMA3 = dict(rope_type='llama3', factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)
YARN = dict(rope_type='yarn', factor=4.0, original_max_position_embeddings=64)
MODELS = {
    # Biases, a tied output, and a context stretched by YaRN, as Qwen2.5 offers it.
    'qwen2': (hf.Qwen2Config, hf.Qwen2ForCausalLM, 'qwen2', dict(tie_word_embeddings=True, rope_theta=1e6, rope_scaling=YARN)),
    # A shared expert behind a gate; weights that are not normalised.
    'qwen2moe': (hf.Qwen2MoeConfig, hf.Qwen2MoeForCausalLM, 'qwen2moe',
                 dict(num_experts=12, num_experts_per_tok=4, moe_intermediate_size=16, shared_expert_intermediate_size=40, norm_topk_prob=False)),
    # A norm per head; heads together wider than the hidden size.
    'qwen3': (hf.Qwen3Config, hf.Qwen3ForCausalLM, 'qwen3', dict(head_dim=16, rope_theta=1e6)),
    'qwen3moe': (hf.Qwen3MoeConfig, hf.Qwen3MoeForCausalLM, 'qwen3moe',
                 dict(head_dim=16, rope_theta=1e6, num_experts=12, num_experts_per_tok=4, moe_intermediate_size=16, norm_topk_prob=True)),
    # Rows of q and k reordered by the converter, and Llama 3's scaling as a tensor of divisors.
    'llama3': (hf.LlamaConfig, hf.LlamaForCausalLM, 'llama', dict(rope_theta=5e5, rope_scaling=LLAMA3, rms_norm_eps=1e-5)),
    'mixtral': (hf.MixtralConfig, hf.MixtralForCausalLM, 'llama',
                dict(intermediate_size=24, num_local_experts=8, num_experts_per_tok=2, rope_theta=1e6, rms_norm_eps=1e-5)),
    # A norm over the whole row, and a key head for every query head.
    'olmoe': (hf.OlmoeConfig, hf.OlmoeForCausalLM, 'olmoe', dict(intermediate_size=16, num_key_value_heads=4, num_experts=8, num_experts_per_tok=4, norm_topk_prob=False)),
}
NAMES = {'self_attn.q_proj': 'attn_q', 'self_attn.k_proj': 'attn_k', 'self_attn.v_proj': 'attn_v', 'self_attn.o_proj': 'attn_output',
         'self_attn.q_norm': 'attn_q_norm', 'self_attn.k_norm': 'attn_k_norm', 'input_layernorm': 'attn_norm', 'post_attention_layernorm': 'ffn_norm',
         'mlp.gate_proj': 'ffn_gate', 'mlp.up_proj': 'ffn_up', 'mlp.down_proj': 'ffn_down', 'mlp.gate': 'ffn_gate_inp',
         'block_sparse_moe.gate': 'ffn_gate_inp', 'mlp.shared_expert_gate': 'ffn_gate_inp_shexp', 'mlp.shared_expert.gate_proj': 'ffn_gate_shexp',
         'mlp.shared_expert.up_proj': 'ffn_up_shexp', 'mlp.shared_expert.down_proj': 'ffn_down_shexp'}
EXPERT_NAMES = {'gate_proj': 'ffn_gate_exps', 'up_proj': 'ffn_up_exps', 'down_proj': 'ffn_down_exps', 'w1': 'ffn_gate_exps', 'w3': 'ffn_up_exps', 'w2': 'ffn_down_exps'}


def randomise(model, rng):
    """float32 values, so that the file holds just what the reference computed with."""
    for name, p in model.named_parameters():
        if name.endswith('norm.weight') or 'layernorm' in name:
            value = 1 + 0.1 * rng.standard_normal(p.shape)
        elif name.endswith('bias'):
            value = 0.3 * rng.standard_normal(p.shape)
        else:
            value = rng.standard_normal(p.shape) / math.sqrt(p.shape[-1]) * (2 if 'embed' in name or name.endswith('gate.weight') else 1)
        p.data = torch.from_numpy(value.astype(np.float32).astype(np.float64))


def side_by_side(rows, n_head):
    """Pairs half a head apart become neighbours, as the converter of this architecture does."""
    return rows.reshape(n_head, 2, -1, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def tensors_of(model, arch, config):
    tensors, experts = {}, {}
    for name, p in model.named_parameters():
        value = p.detach().numpy().astype(np.float32)
        if not name.startswith('model.layers.'):
            tensors[{'model.embed_tokens.weight': 'token_embd.weight', 'model.norm.weight': 'output_norm.weight', 'lm_head.weight': 'output.weight'}[name]] = value
            continue
        layer, rest = name.removeprefix('model.layers.').split('.', 1)
        part, kind = rest.rsplit('.', 1)
        if '.experts.' in part:
            _, number, matrix = part.rsplit('.', 2)
            experts.setdefault(f'blk.{layer}.{EXPERT_NAMES[matrix]}.weight', {})[int(number)] = value
            continue
        if arch == 'llama' and part in ('self_attn.q_proj', 'self_attn.k_proj'):
            value = side_by_side(value, config.num_attention_heads if 'q_proj' in part else config.num_key_value_heads)
        tensors[f'blk.{layer}.{NAMES[part]}.{kind}'] = value[0] if part == 'mlp.shared_expert_gate' else value
    return tensors | {name: np.stack([each[i] for i in sorted(each)]) for name, each in experts.items()}


def write_gguf(path, name, arch, model, config):
    g = gguf.GGUFWriter(path, arch)
    g.add_name('golden ' + name)
    g.add_context_length(CONTEXT)
    g.add_embedding_length(config.hidden_size)
    g.add_block_count(config.num_hidden_layers)
    g.add_feed_forward_length(config.intermediate_size)
    g.add_head_count(config.num_attention_heads)
    g.add_head_count_kv(config.num_key_value_heads)
    if getattr(config, 'head_dim', None):
        g.add_key_length(config.head_dim)
        g.add_value_length(config.head_dim)
    g.add_layer_norm_rms_eps(config.rms_norm_eps)
    g.add_rope_freq_base(config.rope_theta)
    g.add_vocab_size(VOCAB)
    g.add_tokenizer_model('no_vocab')
    scaling = getattr(config, 'rope_scaling', None) or {}
    if scaling.get('rope_type') == 'yarn':
        g.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        g.add_rope_scaling_factor(scaling['factor'])
        g.add_rope_scaling_orig_ctx_len(scaling['original_max_position_embeddings'])
    n_experts = getattr(config, 'num_experts', 0) or getattr(config, 'num_local_experts', 0)
    if n_experts:
        g.add_expert_count(n_experts)
        g.add_expert_used_count(config.num_experts_per_tok)
    if getattr(config, 'moe_intermediate_size', 0) and n_experts:
        g.add_expert_feed_forward_length(config.moe_intermediate_size)
    if getattr(config, 'shared_expert_intermediate_size', 0):
        g.add_expert_shared_feed_forward_length(config.shared_expert_intermediate_size)
    tensors = tensors_of(model, arch, config)
    if scaling.get('rope_type') == 'llama3':
        d = config.hidden_size // config.num_attention_heads
        plain = config.rope_theta ** (-torch.arange(0, d, 2) / d)
        tensors['rope_freqs.weight'] = (plain / model.model.rotary_emb.inv_freq).numpy().astype(np.float32)
    for key, value in tensors.items():
        g.add_tensor(key, np.ascontiguousarray(value))
    g.write_header_to_file()
    g.write_kv_data_to_file()
    g.write_tensors_to_file()
    g.close()


def write_folder(folder, name, model):
    """In F32, as the GGUF; one model in several files with an index."""
    for old in folder.glob('*'):
        old.unlink()
    model.to(torch.float32).save_pretrained(folder, max_shard_size='80KB' if name == 'qwen3moe' else '1GB')
    (folder / 'generation_config.json').unlink()


def routes_of(scores, k, normalised):
    """One layer's decisions from router logits [n, n_experts]."""
    ranked, order = torch.sort(scores.softmax(-1), dim=-1, descending=True, stable=True)
    weights = ranked[:, :k]
    if normalised:
        weights = weights / weights.sum(-1, keepdim=True)
    margins = ranked[:, k - 1] - ranked[:, k]
    return [{'ids': order[p, :k].tolist(), 'weights': [round(v, 9) for v in weights[p].tolist()], 'margin': round(float(margins[p]), 9), 'groups': 1}
            for p in range(len(scores))]


def make(config_class, model_class, change, seed):
    """One random model, its token ids, its logits and the router logits of each layer with experts."""
    rng = np.random.default_rng(seed)
    config = config_class(**{**SIZE, **change})
    model = model_class(config).to(torch.float64).eval()
    randomise(model, rng)
    # RoPE's table is float32 in every engine; transformers keeps whatever dtype the default was.
    model.model.rotary_emb.inv_freq = model.model.rotary_emb.inv_freq.float()
    ids = [int(i) for i in rng.integers(0, VOCAB, TOKENS)]
    seen = []
    for layer in model.model.layers:
        gate = getattr(getattr(layer, 'mlp', None) or layer.block_sparse_moe, 'gate', None)
        if gate is not None:
            gate.register_forward_hook(lambda _m, _i, logits: seen.append(logits.reshape(-1, logits.shape[-1])))
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
    return config, model, ids, logits, seen


def main():
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    for number, (name, (config_class, model_class, arch, change)) in enumerate(MODELS.items()):
        for seed in range(3000 + 100 * number, 3100 + 100 * number):
            config, model, ids, logits, seen = make(config_class, model_class, change, seed)
            normalised = getattr(config, 'norm_topk_prob', arch == 'llama')
            layers = [routes_of(s, config.num_experts_per_tok, normalised) for s in seen]
            smallest = min((r['margin'] for layer in layers for r in layer), default=math.inf)
            if smallest > 1e-4:  # nearer than float32 tells two experts apart, no engine could be held to the choice
                break
        else:
            sys.exit(f'{name}: every seed has two experts that are nearly tied')
        write_gguf(out / f'{name}.gguf', name, arch, model, config)
        write_folder(out / 'hf' / name, name, model)
        logits.to(torch.float32).numpy().astype('<f4').tofile(out / f'{name}.logits')
        golden = {'n_vocab': VOCAB, 'moe_layers': list(range(len(layers))), 'ids': ids, 'positions': list(range(TOKENS)),
                  'routes': [[layer[p] for layer in layers] for p in range(TOKENS)]}
        (out / f'{name}.json').write_text(json.dumps(golden, separators=(',', ':')) + '\n')
        print(name, 'parameters', sum(p.numel() for p in model.parameters()), 'largest logit', float(logits.abs().max()), 'smallest margin', smallest)


main()
