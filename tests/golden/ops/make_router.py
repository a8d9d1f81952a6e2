#!/usr/bin/env python3
"""Writes router.json: routing decisions of the published DeepSeek code, for tests/engine/ops/router_test.cpp.

Needs PyTorch. Run: python3 make_router.py. The result depends on the seed alone.

Gate follows DeepSeek-V3 inference/model.py (class Gate); MoEGate follows DeepSeek-V2 modeling_deepseek.py (greedy and
group_limited_greedy), with rejected groups at -inf as in inference/model.py. Two deliberate differences: torch.topk leaves
the order of ties open, so a stable sort stands in for it, and rows without ties assert that both agree; and the sum that
normalises weights has 1e-20 added, as Hugging Face's code has it.
"""
import json
import pathlib

import torch

torch.manual_seed(20261123)
MIN_GAP = 2e-5  # random rows keep this far from any tie, so that one rounding cannot decide


def topk(values, k):
    order = torch.sort(values, dim=-1, descending=True, stable=True)
    if all(len(set(row.tolist())) == row.numel() for row in values.reshape(-1, values.shape[-1])):
        assert torch.equal(torch.topk(values, k, dim=-1)[1], order.indices[..., :k])
    return order.values[..., :k], order.indices[..., :k]


def route(logits, case):
    """The decision for logits [rows, E]: ids, weights, open groups, margin."""
    rows, n_experts = logits.shape
    k, n_group, topk_group = case["k"], case["n_group"], case["topk_group"]
    bias = torch.tensor(case["bias"], dtype=torch.float32) if case["bias"] else None
    if case["score"] == "softmax":
        scores = logits.softmax(dim=-1, dtype=torch.float32)
    else:
        scores = logits.sigmoid()
    original = scores
    if bias is not None:
        scores = scores + bias
    gaps = []
    groups = torch.ones(rows, dtype=torch.int64)
    if n_group > 1:
        grouped = scores.view(rows, n_group, -1)
        if case["group_rule"] == "max":
            group_scores = grouped.amax(dim=-1)
        else:
            group_scores = topk(grouped, 2)[0].sum(dim=-1)
        gaps.append(topk(group_scores, min(topk_group + 1, n_group))[0])
        indices = topk(group_scores, topk_group)[1]
        closed = torch.ones(rows, n_group, dtype=torch.bool).scatter_(1, indices, False)
        groups = ((~closed).long() << torch.arange(n_group)).sum(dim=-1)
        scores = grouped.masked_fill(closed.unsqueeze(-1), float("-inf")).flatten(1)
    ids = topk(scores, k)[1]
    best = topk(scores, min(k + 1, n_experts))[0]
    gaps.append(best.masked_fill(best.isinf(), -10.0))
    weights = original.gather(1, ids)
    if case["norm_topk_prob"]:
        weights = weights / (weights.sum(dim=-1, keepdim=True) + 1e-20)
    weights = weights * case["scale"]
    ordered = torch.sort(scores, dim=-1, descending=True, stable=True).values
    margin = ordered[:, k - 1] - ordered[:, k] if k < n_experts else torch.full((rows,), float("inf"))
    return ids, weights, groups, margin, gaps


def clear(row, case):
    """Whether no two of the best scores of this row, or of its groups, are close enough for rounding to swap them."""
    gaps = route(row.unsqueeze(0), case)[4]
    return all((-g.diff(dim=-1) > MIN_GAP * min(1.0, float(g.abs().max()))).all() for g in gaps)


def make(name, n_experts, k, score, rows, *, n_group=1, topk_group=1, group_rule="none", bias=None, norm=False, scale=1.0,
         ties=False, spread=1.0):
    case = {"name": name, "n_experts": n_experts, "k": k, "score": score, "n_group": n_group, "topk_group": topk_group,
            "group_rule": group_rule, "bias": [float(b) for b in bias] if bias is not None else [],
            "norm_topk_prob": norm, "scale": scale}
    kept = []
    while len(kept) < rows:
        if ties:
            row = torch.randint(-2, 3, (n_experts,)).float() * 0.5
        else:
            row = torch.randn(n_experts) * spread
        if ties or clear(row, case):
            kept.append(row)
    logits = torch.stack(kept)
    ids, weights, groups, margin, _ = route(logits, case)
    case["logits"] = [[float(f"{v:.9g}") for v in row] for row in logits.tolist()]
    case["ids"] = ids.tolist()
    case["weights"] = [[float(f"{v:.9g}") for v in row] for row in weights.tolist()]
    case["groups"] = groups.tolist()
    # JSON has no infinity: null says that no expert of an open group was left.
    case["margins"] = [None if m == float("inf") else float(f"{m:.9g}") for m in margin.tolist()]
    return case


def make_layer():
    """One whole router with its norm: x -> RMSNorm -> W -> decision."""
    hidden, n_experts, rows = 40, 12, 6
    x = torch.randn(rows, hidden) * 3
    norm = torch.rand(hidden) + 0.5
    router = torch.randn(n_experts, hidden) * 0.3
    bias = torch.randn(n_experts) * 0.1 - 0.6
    n = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * norm
    case = {"k": 3, "score": "sigmoid", "n_group": 3, "topk_group": 2, "group_rule": "top2_sum",
            "bias": bias.tolist(), "norm_topk_prob": True, "scale": 2.5}
    ids, weights, groups, _, _ = route(torch.nn.functional.linear(n, router), case)
    case.update(hidden=hidden, n_experts=n_experts, eps=1e-6, x=x.flatten().tolist(), norm=norm.tolist(),
                router=router.flatten().tolist(), ids=ids.tolist(), weights=weights.tolist(), groups=groups.tolist())
    return case


cases = [
    make("deepseek-v3", 256, 8, "sigmoid", 6, n_group=8, topk_group=4, group_rule="top2_sum",
         bias=torch.randn(256) * 0.05, norm=True, scale=2.5),
    make("v3-all-biased-scores-negative", 32, 4, "sigmoid", 16, n_group=4, topk_group=2, group_rule="top2_sum",
         bias=torch.randn(32) * 0.2 - 3.0, norm=True, scale=2.5),
    make("v3-some-groups-negative", 32, 4, "sigmoid", 16, n_group=4, topk_group=2, group_rule="top2_sum",
         bias=torch.cat([torch.full((16,), -1.5), torch.full((16,), 0.1)]), norm=True, scale=2.5),
    make("v3-gate-without-bias", 64, 6, "sigmoid", 8, n_group=8, topk_group=3, group_rule="max", norm=True, scale=1.5),
    make("deepseek-v2", 160, 6, "softmax", 8, n_group=8, topk_group=3, group_rule="max", scale=16.0),
    make("deepseek-v2-lite", 64, 6, "softmax", 12),
    make("kimi-k2", 384, 8, "sigmoid", 3, bias=torch.randn(384) * 0.05, norm=True, scale=2.827),
    make("softmax-normalised", 128, 8, "softmax", 4, norm=True),
    make("one-expert", 12, 1, "softmax", 12),
    make("twelve-in-three-groups", 12, 3, "sigmoid", 12, n_group=3, topk_group=2, group_rule="top2_sum",
         bias=torch.randn(12) * 0.1, norm=True, scale=2.5),
    make("all-open-experts-used", 12, 8, "sigmoid", 4, n_group=3, topk_group=2, group_rule="top2_sum",
         bias=torch.randn(12) * 0.1, norm=True),
    make("ties-sigmoid-groups", 32, 4, "sigmoid", 24, n_group=4, topk_group=2, group_rule="top2_sum",
         bias=torch.zeros(32), norm=True, scale=2.5, ties=True),
    make("ties-softmax-groups", 32, 4, "softmax", 24, n_group=8, topk_group=3, group_rule="max", ties=True),
    make("ties-softmax", 64, 6, "softmax", 8, ties=True),
    make("wide-logits", 64, 6, "softmax", 8, spread=4.0),
]
target = pathlib.Path(__file__).with_name("router.json")
target.write_text(json.dumps({"cases": cases, "layer": make_layer()}, separators=(",", ":")) + "\n")
print(f"{target.name}: {target.stat().st_size} bytes, {sum(len(c['ids']) for c in cases)} rows")
