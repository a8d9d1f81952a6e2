#!/usr/bin/env python3
"""Writes the golden models of this folder and what the published code says of them.

usage: make.py [OUT_DIR]      (needs numpy, torch, transformers, safetensors and gguf; seeded: the same files every time)

Each NAME.gguf is a tiny random model of the deepseek family, hf/NAME the same weights as Hugging Face publishes them; NAME.logits is float32 [n_positions, n_vocab] and NAME.json
holds the token ids, the positions compared and every routing decision. The forward pass below is transcribed from
DeepSeek-V3 inference/model.py (Gate.forward 581-594, MLA.forward with the naive implementation, precompute_freqs_cis), in
float64 so that it is the mathematics and not one machine's rounding. Ties go to the lower id (a stable sort).
"""
import json
import math
import pathlib
import sys

import gguf
import numpy as np
import torch
import transformers as hf
from safetensors.numpy import save_file

torch.set_default_dtype(torch.float64)

BASE = dict(dim=32, vocab=64, layers=3, dense=1, heads=2, q_lora=24, kv_lora=16, nope=8, rope=8, v=8, ffn=48, expert_ffn=16,
            experts=16, used=4, shared=1, groups=1, groups_used=1, score='softmax', bias=False, norm=False, scale=1.0, tied=False,
            yarn=None, context=256, dtype='f32', old_kv_b=False, fused=False, mtp=False, keys='full', tokens=24, text=False, fp8=False)
MODELS = {
    # Groups by top-2 sum, a bias that makes most biased scores negative, two equal experts (a tie), an MTP block.
    'dsv3': dict(groups=4, groups_used=2, score='sigmoid', bias=True, norm=True, scale=2.5, mtp=True, expert_ffn=8),
    # Groups by maximum, unnormalised weights, the old kv_b, and no gating key: the score has to be inferred.
    'dsv2': dict(groups=4, groups_used=2, scale=4.0, old_kv_b=True, keys='old', dtype='f16', layers=2),
    # No query compression, two shared experts, a tied output, gate and up in one tensor.
    'dsv2lite': dict(q_lora=0, shared=2, tied=True, fused=True, dtype='f16', layers=2),
    # Rope stretched forty times over a context of 64, compared at positions 0 to 11 and from 5,000 on.
    'dsv3-yarn': dict(groups=4, groups_used=2, score='sigmoid', bias=True, norm=True, scale=2.5, layers=2, experts=8, used=3,
                      yarn=dict(factor=40.0, original=64, mscale_all_dim=1.0), context=8192, tokens=5012),
    # The one with a vocabulary (all bytes, a few merges, special tokens) and a chat template.
    'text': dict(groups=2, groups_used=1, score='sigmoid', bias=True, norm=True, scale=2.0, layers=2, experts=8, used=2, tied=True,
                 dtype='f16', vocab=272, text=True),
    # As V3 is published: FP8 with scales of blocks of 128 × 128, smaller at the edges, and the rest in BF16. No GGUF has that.
    'dsv3-fp8': dict(groups=2, groups_used=1, score='sigmoid', bias=True, norm=True, scale=2.5, layers=2, dim=136, ffn=130, expert_ffn=8,
                     experts=8, used=2, vocab=32, tokens=16, fp8=True),
}

TEMPLATE = ("{{ bos_token }}{% for m in messages %}{% if m['role'] == 'system' %}{{ m['content'] }}\n{% elif m['role'] == 'user' %}"
            "<|User|>{{ m['content'] }}{% else %}<|Assistant|>{{ m['content'] }}<|end|>{% endif %}{% endfor %}"
            "{% if add_generation_prompt %}<|Assistant|>{% endif %}")


def make_weights(c, rng):
    def lin(rows, cols, *more):
        w = rng.standard_normal((*more, rows, cols)) / math.sqrt(cols)
        return w.astype(np.float16 if c['dtype'] == 'f16' else np.float32)

    def norm(n):
        return (1 + 0.1 * rng.standard_normal(n)).astype(np.float32)

    d, H = c['dim'], c['heads']
    q_rows = H * (c['nope'] + c['rope'])
    w = {'token_embd.weight': lin(c['vocab'], d) * 2, 'output_norm.weight': norm(d)}
    if not c['tied']:
        w['output.weight'] = lin(c['vocab'], d)
    for i in range(c['layers']):
        b = f'blk.{i}.'
        w[b + 'attn_norm.weight'] = norm(d)
        if c['q_lora']:
            w[b + 'attn_q_a.weight'] = lin(c['q_lora'], d)
            w[b + 'attn_q_a_norm.weight'] = norm(c['q_lora'])
            w[b + 'attn_q_b.weight'] = lin(q_rows, c['q_lora'])
        else:
            w[b + 'attn_q.weight'] = lin(q_rows, d)
        w[b + 'attn_kv_a_mqa.weight'] = lin(c['kv_lora'] + c['rope'], d)
        w[b + 'attn_kv_a_norm.weight'] = norm(c['kv_lora'])
        w[b + 'attn_kv_b.weight'] = lin(H * (c['nope'] + c['v']), c['kv_lora'])
        w[b + 'attn_output.weight'] = lin(d, H * c['v'])
        w[b + 'ffn_norm.weight'] = norm(d)
        if i < c['dense']:
            w[b + 'ffn_gate.weight'], w[b + 'ffn_up.weight'] = lin(c['ffn'], d), lin(c['ffn'], d)
            w[b + 'ffn_down.weight'] = lin(d, c['ffn'])
            continue
        E, f, s = c['experts'], c['expert_ffn'], c['expert_ffn'] * c['shared']
        router = (rng.standard_normal((E, d)) * 0.4).astype(np.float32)
        router[5] = router[4]
        w[b + 'ffn_gate_inp.weight'] = router
        if c['bias']:
            bias = (-0.7 + 0.2 * rng.standard_normal(E)).astype(np.float32)
            bias[5] = bias[4]
            w[b + 'exp_probs_b.bias'] = bias
        w[b + 'ffn_gate_exps.weight'], w[b + 'ffn_up_exps.weight'] = lin(f, d, E), lin(f, d, E)
        w[b + 'ffn_down_exps.weight'] = lin(d, f, E)
        w[b + 'ffn_gate_shexp.weight'], w[b + 'ffn_up_shexp.weight'] = lin(s, d), lin(s, d)
        w[b + 'ffn_down_shexp.weight'] = lin(d, s)
    return w


def mscale(factor, m):
    return 0.1 * m * math.log(factor) + 1.0 if factor > 1 else 1.0


def frequencies(c, n):
    dim, base, yarn = c['rope'], 10000.0, c['yarn']
    freqs = 1.0 / (base ** (torch.arange(0, dim, 2) / dim))
    if yarn:
        def correction(rotations):
            return dim * math.log(yarn['original'] / (rotations * 2 * math.pi)) / (2 * math.log(base))
        low, high = max(math.floor(correction(32)), 0), min(math.ceil(correction(1)), dim - 1)
        if low == high:
            high += 0.001
        smooth = 1 - torch.clamp((torch.arange(dim // 2) - low) / (high - low), 0, 1)
        freqs = freqs / yarn['factor'] * (1 - smooth) + freqs * smooth
    freqs = freqs.to(torch.float32).to(torch.float64)  # a table of float32 is what every engine keeps
    angles = torch.outer(torch.arange(n).to(torch.float64), freqs)
    return torch.polar(torch.ones_like(angles), angles)


def rotate(x, freqs):  # x [n, heads, rope]
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2).contiguous())
    return torch.view_as_real(pairs * freqs[:, None, :]).flatten(-2)


def rms(x, w, eps=1e-6):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * w


def attention(c, w, b, x, freqs, head):
    n, H = x.shape[0], c['heads']
    if c['q_lora']:
        q = rms(x @ w[b + 'attn_q_a.weight'].T, w[b + 'attn_q_a_norm.weight']) @ w[b + 'attn_q_b.weight'].T
    else:
        q = x @ w[b + 'attn_q.weight'].T
    q = q.view(n, H, c['nope'] + c['rope'])
    q = torch.cat([q[..., :c['nope']], rotate(q[..., c['nope']:], freqs)], -1)
    kv = x @ w[b + 'attn_kv_a_mqa.weight'].T
    k_rope = rotate(kv[:, None, c['kv_lora']:], freqs)
    kv = rms(kv[:, :c['kv_lora']], w[b + 'attn_kv_a_norm.weight']) @ w[b + 'attn_kv_b.weight'].T
    kv = kv.view(n, H, c['nope'] + c['v'])
    k = torch.cat([kv[..., :c['nope']], k_rope.expand(n, H, c['rope'])], -1)
    v = kv[..., c['nope']:]
    scale = (c['nope'] + c['rope']) ** -0.5
    if c['yarn']:
        scale *= mscale(c['yarn']['factor'], c['yarn']['mscale_all_dim']) ** 2
    out = torch.empty(n, H, c['v'])
    for start in range(0, n, 512):
        rows = slice(start, min(start + 512, n))
        scores = torch.einsum('shd,thd->hst', q[rows], k[:rows.stop]) * scale
        mask = torch.arange(rows.stop)[None, :] > torch.arange(rows.start, rows.stop)[:, None]
        out[rows] = torch.einsum('hst,thd->shd', scores.masked_fill(mask, -math.inf).softmax(-1), v[:rows.stop])
    return out.flatten(1) @ w[b + 'attn_output.weight'].T


def best(scores, k):
    return torch.sort(scores, dim=-1, descending=True, stable=True)[1][..., :k]


def gate(c, w, b, x):
    scores = x @ w[b + 'ffn_gate_inp.weight'].T
    scores = scores.softmax(-1) if c['score'] == 'softmax' else scores.sigmoid()
    original = scores
    if c['bias']:
        scores = scores + w[b + 'exp_probs_b.bias']
    n, open_groups = x.shape[0], torch.ones(x.shape[0], 1, dtype=torch.bool)
    if c['groups'] > 1:
        grouped = scores.view(n, c['groups'], -1)
        worth = torch.sort(grouped, dim=-1, descending=True)[0][..., :2].sum(-1) if c['bias'] else grouped.amax(-1)
        open_groups = torch.zeros(n, c['groups'], dtype=torch.bool).scatter_(1, best(worth, c['groups_used']), True)
        scores = grouped.masked_fill(~open_groups[..., None], -math.inf).flatten(1)
    ranked = torch.sort(scores, dim=-1, descending=True, stable=True)
    indices = ranked[1][:, :c['used']]
    margin = ranked[0][:, c['used'] - 1] - ranked[0][:, c['used']]
    weights = original.gather(1, indices)
    if c['score'] == 'sigmoid':
        weights = weights / weights.sum(-1, keepdim=True)
    return weights * c['scale'], indices, margin, open_groups


def swiglu(x, gate_w, up_w, down_w):
    return (torch.nn.functional.silu(x @ gate_w.T) * (x @ up_w.T)) @ down_w.T


def moe(c, w, b, x, routes):
    weights, indices, margin, open_groups = gate(c, w, b, x)
    y = swiglu(x, w[b + 'ffn_gate_shexp.weight'], w[b + 'ffn_up_shexp.weight'], w[b + 'ffn_down_shexp.weight'])
    for e in range(c['experts']):
        rows, rank = torch.where(indices == e)
        part = swiglu(x[rows], w[b + 'ffn_gate_exps.weight'][e], w[b + 'ffn_up_exps.weight'][e], w[b + 'ffn_down_exps.weight'][e])
        y[rows] += part * weights[rows, rank, None]
    routes.append((weights, indices, margin, open_groups))
    return y


def forward(c, weights, ids):
    w = {k: torch.from_numpy(v.astype(np.float64)) for k, v in weights.items()}
    freqs, routes = frequencies(c, len(ids)), []
    x = w['token_embd.weight'][torch.tensor(ids)]
    for i in range(c['layers']):
        b = f'blk.{i}.'
        x = x + attention(c, w, b, rms(x, w[b + 'attn_norm.weight']), freqs, i)
        n = rms(x, w[b + 'ffn_norm.weight'])
        if i < c['dense']:
            x = x + swiglu(n, w[b + 'ffn_gate.weight'], w[b + 'ffn_up.weight'], w[b + 'ffn_down.weight'])
        else:
            x = x + moe(c, w, b, n, routes)
    out = w['token_embd.weight'] if c['tied'] else w['output.weight']
    return rms(x, w['output_norm.weight']) @ out.T, routes


def vocabulary():
    """Texts by id, merges, special tokens."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spelled = {b: chr(b) for b in printable}
    for b in range(256):  # the byte-level alphabet of GPT-2
        spelled.setdefault(b, chr(256 + b - sum(p < b for p in printable)))
    tokens = [spelled[b] for b in range(256)]
    merges = ['h e', 'l l', 'he ll', 'hell o']
    tokens += [m.replace(' ', '') for m in merges]
    return tokens, merges, ['<|begin|>', '<|end|>', '<|User|>', '<|Assistant|>', '<think>', '</think>']


def write_vocabulary(g, n_vocab):
    tokens, merges, special = vocabulary()
    kinds = [gguf.TokenType.NORMAL] * len(tokens) + [gguf.TokenType.CONTROL] * len(special)
    tokens += special
    while len(tokens) < n_vocab:
        kinds.append(gguf.TokenType.UNUSED)
        tokens.append(f'<unused{len(tokens)}>')
    g.add_tokenizer_model('gpt2')
    g.add_tokenizer_pre('deepseek-v3')
    g.add_token_list(tokens)
    g.add_token_types(kinds)
    g.add_token_merges(merges)
    g.add_bos_token_id(tokens.index('<|begin|>'))
    g.add_eos_token_id(tokens.index('<|end|>'))
    g.add_add_bos_token(True)
    g.add_chat_template(TEMPLATE)


def write_gguf(path, name, c, weights, rng):
    g = gguf.GGUFWriter(path, 'deepseek2')
    g.add_name('golden ' + name)
    g.add_context_length(c['context'])
    g.add_embedding_length(c['dim'])
    g.add_block_count(c['layers'] + c['mtp'])
    g.add_feed_forward_length(c['ffn'])
    g.add_head_count(c['heads'])
    g.add_layer_norm_rms_eps(1e-6)
    g.add_rope_freq_base(10000.0)
    g.add_rope_dimension_count(c['rope'])
    g.add_vocab_size(c['vocab'])
    if c['text']:
        write_vocabulary(g, c['vocab'])
    else:
        g.add_tokenizer_model('no_vocab')
    if c['q_lora']:
        g.add_q_lora_rank(c['q_lora'])
    g.add_kv_lora_rank(c['kv_lora'])
    if c['keys'] == 'old':
        g.add_head_count_kv(c['heads'])
        g.add_key_length(c['nope'] + c['rope'])
        g.add_value_length(c['v'])
    else:
        g.add_head_count_kv(1)
        g.add_key_length(c['kv_lora'] + c['rope'])
        g.add_value_length(c['kv_lora'])
        g.add_key_length_mla(c['nope'] + c['rope'])
        g.add_value_length_mla(c['v'])
        g.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID if c['score'] == 'sigmoid' else gguf.ExpertGatingFuncType.SOFTMAX)
        g.add_expert_weights_norm(c['norm'])
    g.add_leading_dense_block_count(c['dense'])
    g.add_expert_count(c['experts'])
    g.add_expert_used_count(c['used'])
    g.add_expert_shared_count(c['shared'])
    g.add_expert_feed_forward_length(c['expert_ffn'])
    g.add_expert_weights_scale(c['scale'])
    if c['groups'] > 1:
        g.add_expert_group_count(c['groups'])
        g.add_expert_group_used_count(c['groups_used'])
    if c['yarn']:
        g.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        g.add_rope_scaling_factor(c['yarn']['factor'])
        g.add_rope_scaling_orig_ctx_len(c['yarn']['original'])
        g.add_rope_scaling_yarn_log_mul(0.1 * c['yarn']['mscale_all_dim'])
    tensors = dict(weights)
    for i in range(c['layers']):
        b = f'blk.{i}.'
        if not c['old_kv_b']:
            kv_b = tensors.pop(b + 'attn_kv_b.weight').reshape(c['heads'], c['nope'] + c['v'], c['kv_lora'])
            tensors[b + 'attn_k_b.weight'] = np.ascontiguousarray(kv_b[:, :c['nope']].transpose(0, 2, 1))
            tensors[b + 'attn_v_b.weight'] = np.ascontiguousarray(kv_b[:, c['nope']:])
        if c['fused'] and i >= c['dense']:
            tensors[b + 'ffn_gate_up_exps.weight'] = np.concatenate(
                [tensors.pop(b + 'ffn_gate_exps.weight'), tensors.pop(b + 'ffn_up_exps.weight')], 1)
    if c['mtp']:  # loaded past: only its shape has to be seen
        g.add_nextn_predict_layers(1)
        b = f"blk.{c['layers']}."
        tensors[b + 'attn_norm.weight'] = np.ones(c['dim'], np.float32)
        tensors[b + 'nextn.eh_proj.weight'] = rng.standard_normal((c['dim'], 2 * c['dim'])).astype(np.float32)
    for key, value in tensors.items():
        g.add_tensor(key, np.ascontiguousarray(value))
    g.write_header_to_file()
    g.write_kv_data_to_file()
    g.write_tensors_to_file()
    g.close()


PUBLISHED = {'attn_norm': 'input_layernorm', 'attn_q': 'self_attn.q_proj', 'attn_q_a': 'self_attn.q_a_proj', 'attn_q_a_norm': 'self_attn.q_a_layernorm',
             'attn_q_b': 'self_attn.q_b_proj', 'attn_kv_a_mqa': 'self_attn.kv_a_proj_with_mqa', 'attn_kv_a_norm': 'self_attn.kv_a_layernorm',
             'attn_kv_b': 'self_attn.kv_b_proj', 'attn_output': 'self_attn.o_proj', 'ffn_norm': 'post_attention_layernorm', 'ffn_gate': 'mlp.gate_proj',
             'ffn_up': 'mlp.up_proj', 'ffn_down': 'mlp.down_proj', 'ffn_gate_inp': 'mlp.gate', 'ffn_gate_exps': 'mlp.experts.{}.gate_proj',
             'ffn_up_exps': 'mlp.experts.{}.up_proj', 'ffn_down_exps': 'mlp.experts.{}.down_proj', 'ffn_gate_shexp': 'mlp.shared_experts.gate_proj',
             'ffn_up_shexp': 'mlp.shared_experts.up_proj', 'ffn_down_shexp': 'mlp.shared_experts.down_proj'}
ENDS = {'token_embd.weight': 'model.embed_tokens.weight', 'output_norm.weight': 'model.norm.weight', 'output.weight': 'lm_head.weight'}


def published(weights):
    """The same arrays under the names of modeling_deepseek.py, each expert by itself."""
    tensors = {}
    for name, value in weights.items():
        if name in ENDS:
            tensors[ENDS[name]] = value
            continue
        _, layer, part, kind = name.split('.')
        prefix = f'model.layers.{layer}.'
        if part == 'exp_probs_b':
            tensors[prefix + 'mlp.gate.e_score_correction_bias'] = value
        elif part.endswith('_exps'):
            for number, expert in enumerate(value):
                tensors[prefix + PUBLISHED[part].format(number) + '.weight'] = np.ascontiguousarray(expert)
        else:
            tensors[prefix + PUBLISHED[part] + '.' + kind] = value
    return tensors


def blocks(scales, shape):
    return np.repeat(np.repeat(scales, 128, -2), 128, -1)[..., :shape[-2], :shape[-1]]


def to_fp8(value):
    """The bytes, and the float32 that each block of 128 × 128 is to be multiplied by. Source: DeepSeek-V3 inference/fp8_cast_bf16.py."""
    rows, cols = value.shape
    padded = np.zeros((-(-rows // 128) * 128, -(-cols // 128) * 128))
    padded[:rows, :cols] = np.abs(value)
    largest = padded.reshape(padded.shape[0] // 128, 128, -1, 128).max((1, 3))
    scales = (largest / 448).astype(np.float32)
    return torch.from_numpy(value / blocks(scales, value.shape)).to(torch.float8_e4m3fn), scales


def quantise(weights):
    """In place, to what the file will hold."""
    held = {}
    for name, value in weights.items():
        part = name.split('.')[-2]
        if value.ndim < 2:
            continue
        if part in ('token_embd', 'output', 'ffn_gate_inp'):
            weights[name] = torch.from_numpy(value).to(torch.bfloat16).to(torch.float32).numpy()
            continue
        pairs = [to_fp8(v) for v in (value if value.ndim == 3 else value[None])]
        exact = np.stack([q.to(torch.float64).numpy() * blocks(s.astype(np.float64), q.shape) for q, s in pairs])
        weights[name] = exact if value.ndim == 3 else exact[0]
        held[name] = pairs
    return held


def write_folder_fp8(folder, c, weights, held):
    """write_folder, then the quantised matrices in their place."""
    from safetensors.torch import save_file as save_torch
    write_folder(folder, c, {k: v for k, v in weights.items() if k not in held})
    config = json.loads((folder / 'config.json').read_text())
    config['quantization_config'] = dict(activation_scheme='dynamic', fmt='e4m3', quant_method='fp8', weight_block_size=[128, 128])
    (folder / 'config.json').write_text(json.dumps(config, indent=1) + '\n')
    tensors = {k: torch.from_numpy(v) for k, v in published({k: v for k, v in weights.items() if k not in held}).items()}
    for name in ('model.embed_tokens.weight', 'lm_head.weight', *(k for k in tensors if k.endswith('mlp.gate.weight'))):
        tensors[name] = tensors[name].to(torch.bfloat16)
    for name, pairs in held.items():
        stacked = len(pairs) > 1 or '_exps' in name
        for which, suffix in ((0, ''), (1, '_scale_inv')):
            for number, pair in enumerate(pairs):
                one = pair[which] if which == 0 else torch.from_numpy(pair[which])
                part = PUBLISHED[name.split('.')[2]]
                tensors[f"model.layers.{name.split('.')[1]}.{part.format(number) if stacked else part}.weight{suffix}"] = one
    save_torch(tensors, folder / 'model.safetensors', metadata={'format': 'pt'})


def write_folder(folder, c, weights):
    """config.json in the spelling of the published V2 and V3."""
    folder.mkdir(parents=True, exist_ok=True)
    third = c['score'] == 'sigmoid'
    config = dict(architectures=['DeepseekV3ForCausalLM' if third else 'DeepseekV2ForCausalLM'], model_type='deepseek_v3' if third else 'deepseek_v2',
                  attention_bias=False, first_k_dense_replace=c['dense'], hidden_act='silu', hidden_size=c['dim'], intermediate_size=c['ffn'],
                  kv_lora_rank=c['kv_lora'], max_position_embeddings=c['context'], moe_intermediate_size=c['expert_ffn'], moe_layer_freq=1,
                  n_group=c['groups'], n_routed_experts=c['experts'], n_shared_experts=c['shared'], norm_topk_prob=c['norm'],
                  num_attention_heads=c['heads'], num_experts_per_tok=c['used'], num_hidden_layers=c['layers'], num_key_value_heads=c['heads'],
                  num_nextn_predict_layers=int(c['mtp']), q_lora_rank=c['q_lora'] or None, qk_nope_head_dim=c['nope'], qk_rope_head_dim=c['rope'],
                  rms_norm_eps=1e-6, rope_scaling=None, rope_theta=10000, routed_scaling_factor=c['scale'],
                  scoring_func=c['score'], tie_word_embeddings=c['tied'], topk_group=c['groups_used'],
                  topk_method='noaux_tc' if third else 'group_limited_greedy' if c['groups'] > 1 else 'greedy', v_head_dim=c['v'], vocab_size=c['vocab'])
    if c['yarn']:
        config['rope_scaling'] = dict(type='yarn', factor=int(c['yarn']['factor']), original_max_position_embeddings=c['yarn']['original'], beta_fast=32,
                                      beta_slow=1, mscale=c['yarn']['mscale_all_dim'], mscale_all_dim=c['yarn']['mscale_all_dim'])
    (folder / 'config.json').write_text(json.dumps(config, indent=1) + '\n')
    tensors = published(weights)
    if c['mtp']:  # loaded past
        tensors[f"model.layers.{c['layers']}.input_layernorm.weight"] = np.ones(c['dim'], np.float32)
        tensors[f"model.layers.{c['layers']}.eh_proj.weight"] = np.ones((c['dim'], 2), np.float32)
    save_file(tensors, folder / 'model.safetensors', metadata={'format': 'pt'})


def write_text(folder):
    """The vocabulary that write_vocabulary gives the GGUF, as Hugging Face publishes one."""
    tokens, merges, special = vocabulary()
    stages = [r'\p{N}{1,3}', '[一-龥぀-ゟ゠-ヿ]+',
              r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""]
    steps = [dict(type='Split', pattern=dict(Regex=stage), behavior='Isolated', invert=False) for stage in stages]
    steps.append(dict(type='ByteLevel', add_prefix_space=False, trim_offsets=True, use_regex=False))
    added = [dict(id=len(tokens) + i, content=text, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
             for i, text in enumerate(special)]
    single = [dict(SpecialToken=dict(id='<|begin|>', type_id=0)), dict(Sequence=dict(id='A', type_id=0))]
    write = lambda name, value: (folder / name).write_text(json.dumps(value, ensure_ascii=False, separators=(',', ':')) + '\n')
    write('tokenizer.json', dict(version='1.0', added_tokens=added, normalizer=None, pre_tokenizer=dict(type='Sequence', pretokenizers=steps),
                                 post_processor=dict(type='TemplateProcessing', single=single),
                                 model=dict(type='BPE', vocab={text: i for i, text in enumerate(tokens)}, merges=merges)))
    write('tokenizer_config.json', dict(bos_token='<|begin|>', eos_token=dict(content='<|end|>', special=True), chat_template=TEMPLATE))
    write('generation_config.json', dict(eos_token_id=[len(tokens) + 1, len(tokens) + 2]))


def check_folder(folder, c, ids, logits):
    """That transformers finds every tensor it wants there; and the same logits where it computes as the published code does: its V2 knows no
    mscale, its V3 rejects groups by zero."""
    model, info = hf.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64, output_loading_info=True, attn_implementation='eager')
    unexpected = [k for k in info['unexpected_keys'] if not k.startswith(f"model.layers.{c['layers']}.")]
    assert not info['missing_keys'] and not unexpected and not info['mismatched_keys'], info
    if c['score'] == 'softmax':
        model.model.rotary_emb.inv_freq = model.model.rotary_emb.inv_freq.float()
        with torch.no_grad():
            difference = (model.eval()(torch.tensor([ids])).logits[0] - logits).abs().max()
        assert difference < 1e-5, difference  # transformers routes in float32


def main():
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    for number, (name, change) in enumerate(MODELS.items()):
        c, rng = {**BASE, **change}, np.random.default_rng(1000 + number)
        weights = make_weights(c, rng)
        ids = [int(i) for i in rng.integers(0, c['vocab'], c['tokens'])]
        n = c['tokens']
        kept = list(range(n)) if n <= 64 else list(range(12)) + list(range(n - 12, n))
        held = quantise(weights) if c['fp8'] else None
        with torch.no_grad():
            logits, routes = forward(c, weights, ids)
        if c['fp8']:
            write_folder_fp8(out / 'hf' / name, c, weights, held)
        else:
            write_gguf(out / f'{name}.gguf', name, c, weights, rng)
            write_folder(out / 'hf' / name, c, weights)
            check_folder(out / 'hf' / name, c, ids, logits)
        if c['text']:
            write_text(out / 'hf' / name)
        logits[kept].to(torch.float32).numpy().astype('<f4').tofile(out / f'{name}.logits')
        layers = list(range(c['dense'], c['layers']))
        rows = [[{'ids': indices[p].tolist(), 'weights': [round(v, 9) for v in weight[p].tolist()], 'margin': round(float(margin[p]), 9),
                  'groups': sum(1 << g for g, o in enumerate(opened[p].tolist()) if o)} for weight, indices, margin, opened in routes]
                for p in kept]
        smallest = min(float(margin[p][margin[p] > 0].min()) if bool((margin[p] > 0).any()) else 1 for _, _, margin, _ in routes for p in [slice(None)])
        ties = sum(int((margin == 0).sum()) for _, _, margin, _ in routes)
        print(name, 'params', sum(v.size for v in weights.values()), 'smallest margin', smallest, 'ties', ties,
              'largest logit', float(logits.abs().max()))
        golden = {'n_vocab': c['vocab'], 'moe_layers': layers, 'ids': ids, 'positions': kept, 'routes': rows}
        (out / f'{name}.json').write_text(json.dumps(golden, separators=(',', ':')) + '\n')


main()
