#!/usr/bin/env python3
"""Writes the golden models of the families with grouped-query attention and what transformers says of them.

usage: make_families.py [NAME...]      (all without a name; needs numpy, torch, transformers, safetensors and gguf; seeded: the same files
every time)

Each NAME.gguf is a tiny random model in F32, hf/NAME the same model as transformers saves it; NAME.logits is float32 [n_positions, n_vocab] from transformers in float64, and
NAME.json holds the token ids, the positions compared and every routing decision. Logits of the router are taken from the
running model; what follows is the published rule (SparseMoeBlock.forward of each family; GptOssTopKRouter, Glm4MoeTopkRouter): softmax,
top-k, normalised where norm_topk_prob says so. Ties go to the lower id (a stable sort). gpt-oss-mxfp4 has its experts in MXFP4, in both
formats as published, and the reference computes with what they stand for.
"""
import json
import math
import pathlib
import sys

import gguf
import numpy as np
import torch
import transformers as hf
from safetensors.torch import load_file, save_file
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

torch.set_default_dtype(torch.float64)
VOCAB, TOKENS, CONTEXT = 64, 32, 16384
SIZE = dict(vocab_size=VOCAB, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=CONTEXT, attn_implementation='eager', tie_word_embeddings=False, dtype=torch.float64)
LLAMA3 = dict(rope_type='llama3', factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)
GPT_OSS = dict(head_dim=16, intermediate_size=32, num_local_experts=5, num_experts_per_tok=3, sliding_window=8, rope_theta=150000.0,
               rope_scaling=dict(rope_type='yarn', factor=4.0, beta_fast=32.0, beta_slow=1.0, truncate=False, original_max_position_embeddings=64))
YARN = dict(rope_type='yarn', factor=4.0, original_max_position_embeddings=64)
MODELS = {
    # Biases, a tied output, and a context stretched by YaRN, as Qwen2.5 offers it.
    'qwen2': (hf.Qwen2Config, hf.Qwen2ForCausalLM, 'qwen2', dict(tie_word_embeddings=True, rope_theta=1e6, rope_scaling=YARN)),
    # A shared expert behind a gate; weights that are not normalised.
    'qwen2moe': (hf.Qwen2MoeConfig, hf.Qwen2MoeForCausalLM, 'qwen2moe',
                 dict(num_experts=9, num_experts_per_tok=4, moe_intermediate_size=8, shared_expert_intermediate_size=24, norm_topk_prob=False)),
    # A norm per head; heads together wider than the hidden size.
    'qwen3': (hf.Qwen3Config, hf.Qwen3ForCausalLM, 'qwen3', dict(head_dim=16, rope_theta=1e6)),
    'qwen3moe': (hf.Qwen3MoeConfig, hf.Qwen3MoeForCausalLM, 'qwen3moe',
                 dict(head_dim=16, rope_theta=1e6, num_experts=9, num_experts_per_tok=4, moe_intermediate_size=8, norm_topk_prob=True)),
    # Rows of q and k reordered by the converter, and Llama 3's scaling as a tensor of divisors.
    'llama3': (hf.LlamaConfig, hf.LlamaForCausalLM, 'llama', dict(rope_theta=5e5, rope_scaling=LLAMA3, rms_norm_eps=1e-5)),
    'mixtral': (hf.MixtralConfig, hf.MixtralForCausalLM, 'llama',
                dict(intermediate_size=16, num_local_experts=6, num_experts_per_tok=2, rope_theta=1e6, rms_norm_eps=1e-5)),
    # A norm over the whole row, and a key head for every query head.
    'olmoe': (hf.OlmoeConfig, hf.OlmoeForCausalLM, 'olmoe', dict(intermediate_size=8, num_key_value_heads=4, num_experts=8, num_experts_per_tok=4, norm_topk_prob=False)),
    # Sinks, a window in the first layer, biases everywhere, clamped gates, YaRN with bounds that are fractions.
    'gpt-oss': (hf.GptOssConfig, hf.GptOssForCausalLM, 'gpt-oss', GPT_OSS),
    'gpt-oss-mxfp4': (hf.GptOssConfig, hf.GptOssForCausalLM, 'gpt-oss', GPT_OSS),
    # RoPE over half a head, biases and norms of q and k, a dense layer first, a bias that selects, a block of multi-token prediction.
    'glm4moe': (hf.Glm4MoeConfig, hf.Glm4MoeForCausalLM, 'glm4moe',
                dict(head_dim=16, partial_rotary_factor=0.5, attention_bias=True, use_qk_norm=True, first_k_dense_replace=1, n_routed_experts=8,
                     num_experts_per_tok=3, moe_intermediate_size=8, n_shared_experts=2, norm_topk_prob=True, routed_scaling_factor=1.5,
                     rope_theta=1e6, rms_norm_eps=1e-5)),
    # A window in every layer; as a folder alone, because GGUF has no key for it in this architecture.
    'mistral': (hf.MistralConfig, hf.MistralForCausalLM, 'llama',
                dict(hidden_size=16, intermediate_size=24, num_hidden_layers=1, head_dim=4, sliding_window=6, rms_norm_eps=1e-5)),
}
NAMES = {'self_attn.q_proj': 'attn_q', 'self_attn.k_proj': 'attn_k', 'self_attn.v_proj': 'attn_v', 'self_attn.o_proj': 'attn_output',
         'self_attn.q_norm': 'attn_q_norm', 'self_attn.k_norm': 'attn_k_norm', 'input_layernorm': 'attn_norm', 'post_attention_layernorm': 'ffn_norm',
         'mlp.gate_proj': 'ffn_gate', 'mlp.up_proj': 'ffn_up', 'mlp.down_proj': 'ffn_down', 'mlp.gate': 'ffn_gate_inp',
         'block_sparse_moe.gate': 'ffn_gate_inp', 'mlp.shared_expert_gate': 'ffn_gate_inp_shexp', 'mlp.shared_expert.gate_proj': 'ffn_gate_shexp',
         'mlp.shared_expert.up_proj': 'ffn_up_shexp', 'mlp.shared_expert.down_proj': 'ffn_down_shexp', 'mlp.shared_experts.gate_proj': 'ffn_gate_shexp',
         'mlp.shared_experts.up_proj': 'ffn_up_shexp', 'mlp.shared_experts.down_proj': 'ffn_down_shexp', 'mlp.router': 'ffn_gate_inp'}
EXPERT_NAMES = {'gate_proj': 'ffn_gate_exps', 'up_proj': 'ffn_up_exps', 'down_proj': 'ffn_down_exps', 'w1': 'ffn_gate_exps', 'w3': 'ffn_up_exps', 'w2': 'ffn_down_exps'}


def randomise(model, rng):
    """float32 values, so that the file holds just what the reference computed with."""
    for name, p in model.named_parameters():
        if name.endswith('norm.weight') or 'layernorm' in name:
            value = 1 + 0.1 * rng.standard_normal(p.shape)
        elif 'experts.gate_up_proj' in name and not name.endswith('bias'):
            value = 0.8 * rng.standard_normal(p.shape)  # some gates reach their limit
        elif name.endswith('sinks'):
            value = rng.standard_normal(p.shape)
        elif name.endswith('bias'):
            value = 0.3 * rng.standard_normal(p.shape)
        else:
            value = rng.standard_normal(p.shape) / math.sqrt(p.shape[-1]) * (2 if 'embed' in name or name.endswith('gate.weight') else 1)
        p.data = torch.from_numpy(value.astype(np.float32).astype(np.float64))
    for name, b in model.named_buffers():
        if name.endswith('e_score_correction_bias'):
            b.copy_(torch.from_numpy((0.2 * rng.standard_normal(b.shape)).astype(np.float32)))


def side_by_side(rows, n_head):
    """Pairs half a head apart become neighbours, as the converter of this architecture does."""
    return rows.reshape(n_head, 2, -1, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def quantise(model):
    """The experts in MXFP4, in place as what they stand for: {name: blocks [experts, rows, bytes]} in GGUF's layout."""
    held = {}
    for name, p in model.named_parameters():
        if name.endswith('experts.gate_up_proj') or name.endswith('experts.down_proj'):
            rows = np.ascontiguousarray(p.detach().numpy().astype(np.float32).transpose(0, 2, 1))
            held[name] = gguf.quants.quantize(rows, gguf.GGMLQuantizationType.MXFP4)
            exact = gguf.quants.dequantize(held[name], gguf.GGMLQuantizationType.MXFP4).astype(np.float64)
            p.data = torch.from_numpy(exact.transpose(0, 2, 1).copy())
    return held


def as_published(blocks):
    """The blocks and scales that GGUF's blocks of MXFP4 were made from."""
    each = blocks.reshape(*blocks.shape[:2], -1, 17)
    codes = np.concatenate([each[..., 1:] & 15, each[..., 1:] >> 4], -1)
    return torch.from_numpy(codes[..., ::2] | codes[..., 1::2] << 4), torch.from_numpy(np.ascontiguousarray(each[..., 0]))


def gpt_oss_experts(kind, value, held):
    """What GGUF makes of one stacked tensor of GptOssExperts."""
    biased = kind.endswith('_bias')
    rows = value if biased else held if held is not None else value.transpose(0, 2, 1)
    end = '.bias' if biased else '.weight'
    if kind.startswith('gate_up'):
        return {'ffn_gate_exps' + end: rows[:, ::2], 'ffn_up_exps' + end: rows[:, 1::2]}
    return {'ffn_down_exps' + end: rows}


def tensors_of(model, arch, config, held):
    tensors, experts = {}, {}
    named = list(model.named_parameters()) + [(n, b) for n, b in model.named_buffers() if n.endswith('e_score_correction_bias')]
    for name, p in named:
        value = p.detach().numpy().astype(np.float32)
        if not name.startswith('model.layers.'):
            tensors[{'model.embed_tokens.weight': 'token_embd.weight', 'model.norm.weight': 'output_norm.weight', 'lm_head.weight': 'output.weight'}[name]] = value
            continue
        layer, rest = name.removeprefix('model.layers.').split('.', 1)
        part, kind = rest.rsplit('.', 1)
        if arch == 'gpt-oss' and part == 'mlp.experts':
            tensors |= {f'blk.{layer}.{k}': v for k, v in gpt_oss_experts(kind, value, held.get(name)).items()}
            continue
        if kind in ('sinks', 'e_score_correction_bias'):
            tensors[f"blk.{layer}.{dict(sinks='attn_sinks.weight', e_score_correction_bias='exp_probs_b.bias')[kind]}"] = value
            continue
        if arch in ('gpt-oss', 'glm4moe') and part == 'post_attention_layernorm':
            part = 'post_attention_norm'
        if '.experts.' in part:
            _, number, matrix = part.rsplit('.', 2)
            experts.setdefault(f'blk.{layer}.{EXPERT_NAMES[matrix]}.weight', {})[int(number)] = value
            continue
        if arch == 'llama' and part in ('self_attn.q_proj', 'self_attn.k_proj'):
            value = side_by_side(value, config.num_attention_heads if 'q_proj' in part else config.num_key_value_heads)
        tensors[f'blk.{layer}.{NAMES.get(part, part)}.{kind}'] = value[0] if part == 'mlp.shared_expert_gate' else value
    return tensors | {name: np.stack([each[i] for i in sorted(each)]) for name, each in experts.items()}


def write_gguf(path, name, arch, model, config, held):
    g = gguf.GGUFWriter(path, arch)
    g.add_name('golden ' + name)
    g.add_context_length(CONTEXT)
    g.add_embedding_length(config.hidden_size)
    predicts = arch == 'glm4moe'  # loaded past: only its shape has to be seen
    g.add_block_count(config.num_hidden_layers + predicts)
    if predicts:
        g.add_nextn_predict_layers(1)
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
    if arch == 'gpt-oss':
        g.add_sliding_window(config.sliding_window)
        g.add_expert_feed_forward_length(config.intermediate_size)
    if arch == 'glm4moe':
        g.add_rope_dimension_count(int(config.head_dim * config.partial_rotary_factor))
        g.add_leading_dense_block_count(config.first_k_dense_replace)
        g.add_expert_shared_count(config.n_shared_experts)
        g.add_expert_weights_scale(config.routed_scaling_factor)
        g.add_expert_weights_norm(config.norm_topk_prob)
        g.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID)
    n_experts = next((n for n in (getattr(config, key, 0) for key in ('num_experts', 'num_local_experts', 'n_routed_experts')) if n), 0)
    if n_experts:
        g.add_expert_count(n_experts)
        g.add_expert_used_count(config.num_experts_per_tok)
    if getattr(config, 'moe_intermediate_size', 0) and n_experts:
        g.add_expert_feed_forward_length(config.moe_intermediate_size)
    if getattr(config, 'shared_expert_intermediate_size', 0):
        g.add_expert_shared_feed_forward_length(config.shared_expert_intermediate_size)
    tensors = tensors_of(model, arch, config, held)
    if predicts:
        b = f'blk.{config.num_hidden_layers}.'
        tensors[b + 'attn_norm.weight'] = np.ones(config.hidden_size, np.float32)
        tensors[b + 'nextn.eh_proj.weight'] = np.ones((config.hidden_size, 2 * config.hidden_size), np.float32)
    if scaling.get('rope_type') == 'llama3':
        d = config.hidden_size // config.num_attention_heads
        plain = config.rope_theta ** (-torch.arange(0, d, 2) / d)
        tensors['rope_freqs.weight'] = (plain / model.model.rotary_emb.inv_freq).numpy().astype(np.float32)
    for key, value in tensors.items():
        packed = value.dtype == np.uint8
        g.add_tensor(key, np.ascontiguousarray(value), raw_dtype=gguf.GGMLQuantizationType.MXFP4 if packed else None)
    g.write_header_to_file()
    g.write_kv_data_to_file()
    g.write_tensors_to_file()
    g.close()


def write_folder(folder, name, model, held):
    """In F32, as the GGUF; one model in several files with an index."""
    for old in folder.glob('*'):
        old.unlink()
    model.to(torch.float32).save_pretrained(folder, max_shard_size='50KB' if name == 'qwen3moe' else '1GB')
    (folder / 'generation_config.json').unlink()
    if not held:
        return
    tensors = load_file(folder / 'model.safetensors')
    for key, blocks in held.items():
        wanted = tensors.pop(key)
        tensors[key + '_blocks'], tensors[key + '_scales'] = as_published(blocks)
        got = convert_moe_packed_tensors(tensors[key + '_blocks'], tensors[key + '_scales'], dtype=torch.float32)
        assert torch.equal(got, wanted), key
    save_file(tensors, folder / 'model.safetensors', metadata={'format': 'pt'})
    config = json.loads((folder / 'config.json').read_text())
    config['quantization_config'] = dict(quant_method='mxfp4', modules_to_not_convert=['model.layers.*.self_attn', 'model.layers.*.mlp.router', 'model.embed_tokens', 'lm_head'])
    (folder / 'config.json').write_text(json.dumps(config, indent=2) + '\n')


def routes_of(logits, arch, config, bias):
    """One layer's decisions from router logits [n, n_experts]."""
    k = config.num_experts_per_tok
    scores = logits if arch == 'gpt-oss' else logits.sigmoid() if arch == 'glm4moe' else logits.softmax(-1)
    ranked, order = torch.sort(scores if bias is None else scores + bias, dim=-1, descending=True, stable=True)
    weights = scores.gather(-1, order)[:, :k]
    if arch == 'gpt-oss':
        weights = weights.softmax(-1)
    elif getattr(config, 'norm_topk_prob', arch == 'llama'):
        weights = weights / weights.sum(-1, keepdim=True)
    weights = weights * getattr(config, 'routed_scaling_factor', 1)
    margins = ranked[:, k - 1] - ranked[:, k]
    return [{'ids': order[p, :k].tolist(), 'weights': [round(v, 9) for v in weights[p].tolist()], 'margin': round(float(margins[p]), 9), 'groups': 1}
            for p in range(len(logits))]


def keep_logits(seen):
    """A hook that appends the logits of a router, and the bias that selects, to `seen`."""
    def hook(router, inputs, output):
        x = inputs[0].reshape(-1, inputs[0].shape[-1])
        seen.append((torch.nn.functional.linear(x, router.weight, getattr(router, 'bias', None)), getattr(router, 'e_score_correction_bias', None)))
        if router.__class__.__name__ == 'Glm4MoeTopkRouter':  # which weighs in float32 only
            return output[0], output[1].to(torch.float64)
    return hook


def make(name, config_class, model_class, change, seed):
    """One random model, its token ids, its logits and the router logits of each layer with experts."""
    rng = np.random.default_rng(seed)
    config = config_class(**{**SIZE, **change})
    model = model_class(config).to(torch.float64).eval()
    randomise(model, rng)
    held = quantise(model) if name == 'gpt-oss-mxfp4' else {}
    # RoPE's table is float32 in every engine; transformers keeps whatever dtype the default was.
    model.model.rotary_emb.inv_freq = model.model.rotary_emb.inv_freq.float()
    ids = [int(i) for i in rng.integers(0, VOCAB, TOKENS)]
    seen = []
    for layer in model.model.layers:
        mixer = getattr(layer, 'mlp', None) or layer.block_sparse_moe
        gate = getattr(mixer, 'gate', None) or getattr(mixer, 'router', None)
        if gate is not None:
            gate.register_forward_hook(keep_logits(seen))
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
    return config, model, ids, logits, seen, held


def main():
    out = pathlib.Path(__file__).parent
    for number, (name, (config_class, model_class, arch, change)) in enumerate(MODELS.items()):
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        for seed in range(3000 + 100 * number, 3100 + 100 * number):
            config, model, ids, logits, seen, held = make(name, config_class, model_class, change, seed)
            layers = [routes_of(s, arch, config, bias) for s, bias in seen]
            smallest = min((r['margin'] for layer in layers for r in layer), default=math.inf)
            if smallest > 1e-4:  # nearer than float32 tells two experts apart, no engine could be held to the choice
                break
        else:
            sys.exit(f'{name}: every seed has two experts that are nearly tied')
        if name != 'mistral':
            write_gguf(out / f'{name}.gguf', name, arch, model, config, held)
        write_folder(out / 'hf' / name, name, model, held)
        logits.to(torch.float32).numpy().astype('<f4').tofile(out / f'{name}.logits')
        first = config.num_hidden_layers - len(layers)
        golden = {'n_vocab': VOCAB, 'moe_layers': list(range(first, config.num_hidden_layers)), 'ids': ids, 'positions': list(range(TOKENS)),
                  'routes': [[layer[p] for layer in layers] for p in range(TOKENS)]}
        (out / f'{name}.json').write_text(json.dumps(golden, separators=(',', ':')) + '\n')
        print(name, 'parameters', sum(p.numel() for p in model.parameters()), 'largest logit', float(logits.abs().max()), 'smallest margin', smallest)


main()
