"""The DeepSeek-V3 architecture, at the size of Guide-DS.

Source: DeepSeek-V3 inference/model.py (MLA 395-497, Gate 533-599, MoE 636-699) and the technical report, section 2.2 (MTP).
Names follow the published configuration.
"""
from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass
class Config:
    vocab_size: int = 3072
    hidden_size: int = 160
    num_hidden_layers: int = 7
    first_k_dense_replace: int = 1
    num_nextn_predict_layers: int = 1
    intermediate_size: int = 512
    num_attention_heads: int = 6
    q_lora_rank: int = 96
    kv_lora_rank: int = 64
    qk_nope_head_dim: int = 32
    qk_rope_head_dim: int = 16
    v_head_dim: int = 32
    n_routed_experts: int = 32
    num_experts_per_tok: int = 4
    n_group: int = 4
    topk_group: int = 2
    n_shared_experts: int = 1
    moe_intermediate_size: int = 64
    routed_scaling_factor: float = 2.0  # sqrt(k): k outputs of weight 1/k add up to half the scale of one
    rms_norm_eps: float = 1e-6
    rope_theta: float = 10000.0
    max_position_embeddings: int = 2048

    def to_dict(self) -> dict[str, int | float]:
        return asdict(self)


class RMSNorm(nn.Module):
    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x.float(), self.weight.shape, self.weight, self.eps)


def rope_table(c: Config) -> Tensor:
    """Angles as cos and sin, [max_position_embeddings, 2, qk_rope_head_dim / 2]."""
    d = c.qk_rope_head_dim
    inv = c.rope_theta ** (-torch.arange(0, d, 2, dtype=torch.float64) / d)
    angle = torch.outer(torch.arange(c.max_position_embeddings, dtype=torch.float64), inv)
    return torch.stack([angle.cos(), angle.sin()], 1).float()


def rotate(x: Tensor, table: Tensor) -> Tensor:
    """Interleaved pairs (x[2i], x[2i+1]); x [B, T, H, d], table [T, 2, d/2]."""
    a, b = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    cos, sin = table[:, 0, None], table[:, 1, None]
    return torch.stack([a * cos - b * sin, a * sin + b * cos], -1).flatten(-2).to(x.dtype)


def chat_mask(ids: Tensor, bos: int) -> Tensor:
    """Causal mask [B, 1, T, T] that keeps the chats of a packed row apart; each one begins with `bos`. ids [B, T]."""
    chat = (ids == bos).cumsum(1)
    t = ids.shape[1]
    allowed = (chat[:, :, None] == chat[:, None, :]) & torch.ones(t, t, dtype=torch.bool, device=ids.device).tril()
    return torch.zeros(allowed.shape, device=ids.device).masked_fill_(~allowed, float("-inf")).unsqueeze(1)


class MLA(nn.Module):
    """Multi-head latent attention, in its naive form."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.c = c
        qk = c.qk_nope_head_dim + c.qk_rope_head_dim
        self.q_a_proj = nn.Linear(c.hidden_size, c.q_lora_rank, bias=False)
        self.q_a_layernorm = RMSNorm(c.q_lora_rank, c.rms_norm_eps)
        self.q_b_proj = nn.Linear(c.q_lora_rank, c.num_attention_heads * qk, bias=False)
        self.kv_a_proj_with_mqa = nn.Linear(c.hidden_size, c.kv_lora_rank + c.qk_rope_head_dim, bias=False)
        self.kv_a_layernorm = RMSNorm(c.kv_lora_rank, c.rms_norm_eps)
        self.kv_b_proj = nn.Linear(c.kv_lora_rank, c.num_attention_heads * (c.qk_nope_head_dim + c.v_head_dim), bias=False)
        self.o_proj = nn.Linear(c.num_attention_heads * c.v_head_dim, c.hidden_size, bias=False)

    def forward(self, x: Tensor, table: Tensor, past: list[Tensor] | None = None, mask: Tensor | None = None) -> Tensor:
        """x [B, T, hidden]; `past` holds the keys and values so far and is extended in place (for generation).

        mask [B or 1, 1, T, T] is added to the scores; without it attention is causal.
        """
        c = self.c
        b, t, _ = x.shape
        h, nope, rope = c.num_attention_heads, c.qk_nope_head_dim, c.qk_rope_head_dim
        q = self.q_b_proj(self.q_a_layernorm(self.q_a_proj(x))).view(b, t, h, nope + rope)
        q_nope, q_rope = q.split([nope, rope], -1)
        latent, k_rope = self.kv_a_proj_with_mqa(x).split([c.kv_lora_rank, rope], -1)
        kv = self.kv_b_proj(self.kv_a_layernorm(latent)).view(b, t, h, nope + c.v_head_dim)
        k_nope, v = kv.split([nope, c.v_head_dim], -1)
        start = past[0].shape[2] if past else 0
        here = table[start:start + t]
        q = torch.cat([q_nope, rotate(q_rope, here)], -1).transpose(1, 2)
        k = torch.cat([k_nope, rotate(k_rope.unsqueeze(2), here).expand(-1, -1, h, -1)], -1).transpose(1, 2)
        v = v.transpose(1, 2)
        if past is not None:
            if past:
                k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
            past[:] = [k, v]
        if mask is None and t > 1:
            mask = torch.full((1, 1, t, start + t), float("-inf"), device=x.device).triu(start + 1)
        if x.device.type == "cpu":  # plain products: the fused backward pass is slower there (tried: 59 against 52 ms at 256)
            q, k, v = (z.flatten(0, 1) for z in (q, k, v))
            scores = torch.bmm(q * q.shape[-1] ** -0.5, k.transpose(1, 2)).unflatten(0, (b, h))
            scores = scores if mask is None else scores + mask.to(scores.dtype)
            out = torch.bmm(scores.softmax(-1, dtype=scores.dtype).flatten(0, 1), v).unflatten(0, (b, h))
        else:
            out = F.scaled_dot_product_attention(q, k, v, attn_mask=None if mask is None else mask.to(q.dtype))
        return self.o_proj(out.transpose(1, 2).reshape(b, t, -1))


class MLP(nn.Module):
    def __init__(self, hidden: int, inner: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(hidden, inner, bias=False)
        self.up_proj = nn.Linear(hidden, inner, bias=False)
        self.down_proj = nn.Linear(inner, hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Take(torch.autograd.Function):
    """Rows of x by `there`, where every row is used a fixed number of times, so that the gradient is a gather as well.

    there [M]: row of x, or len(x) for a row of zeros; back [len(x), times]: rows of the output made from each row of x.
    """

    @staticmethod
    def forward(ctx, x: Tensor, there: Tensor, back: Tensor) -> Tensor:  # type: ignore[override]
        ctx.save_for_backward(back)
        return torch.cat([x, x.new_zeros(1, x.shape[1])]).index_select(0, there)

    @staticmethod
    def backward(ctx, grad: Tensor):  # type: ignore[override]
        (back,) = ctx.saved_tensors
        grad = torch.cat([grad, grad.new_zeros(1, grad.shape[1])])
        rows = grad.index_select(0, back.flatten())
        return (rows if back.shape[1] == 1 else rows.view(*back.shape, -1).sum(1)), None, None


class MoE(nn.Module):
    """Routed and shared experts. The bias chooses and never weighs; groups are scored by the sum of their best two."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.c = c
        e, d, f = c.n_routed_experts, c.hidden_size, c.moe_intermediate_size
        self.gate = nn.Parameter(torch.empty(e, d))
        self.register_buffer("e_score_correction_bias", torch.zeros(e))
        self.gate_up = nn.Parameter(torch.empty(e, d, 2 * f))  # gate columns first
        self.down = nn.Parameter(torch.empty(e, f, d))
        self.shared_experts = MLP(d, c.n_shared_experts * c.moe_intermediate_size)
        self.load: Tensor | None = None   # [n_routed_experts] counts of the last forward pass
        self.ids: Tensor | None = None    # [N, k] choices of the last forward pass

    def route(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x [N, hidden] -> expert ids [N, k] and weights [N, k], in fp32."""
        c = self.c
        with torch.autocast(x.device.type, enabled=False):
            scores = F.linear(x.float(), self.gate.float()).sigmoid()
            biased = scores.detach() + self.e_score_correction_bias
            groups = biased.unflatten(-1, (c.n_group, -1))
            best = groups.topk(2, -1).values.sum(-1).topk(c.topk_group, -1).indices
            keep = torch.zeros_like(groups[..., 0], dtype=torch.bool).scatter_(-1, best, True)
            ids = groups.masked_fill(~keep.unsqueeze(-1), float("-inf")).flatten(-2).topk(c.num_experts_per_tok, -1).indices
            weights = scores.gather(-1, ids)
            return ids, weights / (weights.sum(-1, keepdim=True) + 1e-20) * c.routed_scaling_factor

    def forward(self, x: Tensor) -> Tensor:
        c = self.c
        shape, x = x.shape, x.flatten(0, -2)
        ids, weights = self.route(x)
        n, k, e = x.shape[0], c.num_experts_per_tok, c.n_routed_experts
        flat = ids.flatten()
        load = torch.bincount(flat, minlength=e)
        self.load, self.ids = load, ids
        room = int(load.max())
        order = flat.argsort(stable=True)
        by_expert = flat[order]
        slots = by_expert * room + torch.arange(n * k, device=x.device) - (load.cumsum(0) - load)[by_expert]
        copy_of = torch.full((e * room,), n * k, device=x.device)  # slot -> (token, rank), or the row of zeros
        copy_of[slots] = order
        slot_of = torch.empty_like(order)
        slot_of[order] = slots
        token_of = torch.where(copy_of < n * k, copy_of // k, n)
        if torch.is_autocast_enabled(x.device.type):
            x_in = x.to(torch.get_autocast_dtype(x.device.type))
        else:
            x_in = x
        rows = Take.apply(x_in, token_of, slot_of.view(n, k)).view(e, room, -1)
        gate, up = torch.bmm(rows, self.gate_up).chunk(2, -1)
        out = torch.bmm(F.silu(gate) * up, self.down).flatten(0, 1)
        out = Take.apply(out, slot_of, copy_of.view(-1, 1)).view(n, k, -1)
        routed = (out * weights.unsqueeze(-1).to(out.dtype)).sum(1)
        return (routed + self.shared_experts(x)).view(shape)


class Block(nn.Module):
    def __init__(self, c: Config, dense: bool) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(c.hidden_size, c.rms_norm_eps)
        self.self_attn = MLA(c)
        self.post_attention_layernorm = RMSNorm(c.hidden_size, c.rms_norm_eps)
        self.mlp: MLP | MoE = MLP(c.hidden_size, c.intermediate_size) if dense else MoE(c)

    def forward(self, x: Tensor, table: Tensor, past: list[Tensor] | None = None, mask: Tensor | None = None) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), table, past, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class MTP(nn.Module):
    """One extra block that predicts the token after the next from the last hidden state and the next token."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.enorm = RMSNorm(c.hidden_size, c.rms_norm_eps)
        self.hnorm = RMSNorm(c.hidden_size, c.rms_norm_eps)
        self.eh_proj = nn.Linear(2 * c.hidden_size, c.hidden_size, bias=False)
        self.block = Block(c, dense=False)
        self.shared_head_norm = RMSNorm(c.hidden_size, c.rms_norm_eps)

    def forward(self, hidden: Tensor, following: Tensor, table: Tensor, mask: Tensor | None = None) -> Tensor:
        """hidden [B, T, d] before the output norm, following [B, T, d] embeddings of the next tokens."""
        x = self.eh_proj(torch.cat([self.enorm(following), self.hnorm(hidden)], -1)).float()
        return self.shared_head_norm(self.block(x, table, mask=mask))


class GuideDS(nn.Module):
    def __init__(self, c: Config) -> None:
        super().__init__()
        self.c = c
        self.embed_tokens = nn.Embedding(c.vocab_size, c.hidden_size)
        self.layers = nn.ModuleList(Block(c, i < c.first_k_dense_replace) for i in range(c.num_hidden_layers))
        self.norm = RMSNorm(c.hidden_size, c.rms_norm_eps)
        self.mtp = MTP(c)
        self.register_buffer("table", rope_table(c), persistent=False)
        self.start()

    def start(self) -> None:
        """Weights of variance 1 / fan-in; what writes to the residual stream starts smaller by sqrt(2 * layers)."""
        small = (2 * self.c.num_hidden_layers) ** -0.5
        for name, p in self.named_parameters():
            if name.endswith("embed_tokens.weight"):
                nn.init.normal_(p, std=0.05)
            elif p.ndim == 3:
                nn.init.normal_(p, std=p.shape[1] ** -0.5 * (small if name.endswith("down") else 1))
            elif p.ndim == 2:
                nn.init.normal_(p, std=p.shape[1] ** -0.5 * (small if "o_proj" in name or "down_proj" in name else 1))

    def hidden(self, ids: Tensor, past: list[list[Tensor]] | None = None, mask: Tensor | None = None) -> Tensor:
        """ids [B, T] -> last hidden state before the output norm, [B, T, hidden] fp32."""
        x = self.embed_tokens(ids)
        for i, layer in enumerate(self.layers):
            x = layer(x, self.table, past[i] if past is not None else None, mask)
        return x

    def logits(self, normed: Tensor) -> Tensor:
        return F.linear(normed, self.embed_tokens.weight)

    def forward(self, ids: Tensor, past: list[list[Tensor]] | None = None) -> Tensor:
        return self.logits(self.norm(self.hidden(ids, past)))

    def moe_layers(self) -> dict[int, MoE]:
        """Routed layers by block number; the MTP block is the last one."""
        found = {i: b.mlp for i, b in enumerate(self.layers) if isinstance(b.mlp, MoE)}
        found[self.c.num_hidden_layers] = self.mtp.block.mlp  # type: ignore[assignment]
        return found
