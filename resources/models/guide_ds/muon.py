"""Muon: momentum whose matrices are orthogonalised before they are applied.

Source: K. Jordan, "Muon: an optimizer for hidden layers in neural networks" (2024), for the iteration; J. Liu et al., "Muon is scalable for
LLM training" (2025), for weight decay and the factor 0.2 * sqrt(max side), which gives updates the size of AdamW's.
"""
from __future__ import annotations

from collections import defaultdict

import torch
from torch import Tensor


def orthogonal(g: Tensor, steps: int = 5) -> Tensor:
    """Nearest semi-orthogonal matrices, roughly: singular values end in about 0.7 to 1.2. g [n, rows, columns]."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.bfloat16()
    wide = x.shape[1] <= x.shape[2]
    x = x if wide else x.transpose(1, 2)
    x = x / (x.float().norm(dim=(1, 2), keepdim=True) + 1e-7).to(x.dtype)
    for _ in range(steps):
        gram = torch.bmm(x, x.transpose(1, 2))
        x = torch.baddbmm(x, b * gram + c * torch.bmm(gram, gram), x, beta=a)
    return x if wide else x.transpose(1, 2)


class Muon(torch.optim.Optimizer):
    """For matrices [rows, columns] and stacks of them [n, rows, columns]; those of one shape are worked on together."""

    def __init__(self, params: list[torch.nn.Parameter], lr: float, momentum: float = 0.95, weight_decay: float = 0.1) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        for group in self.param_groups:
            shapes: dict[tuple[int, int], list[torch.nn.Parameter]] = defaultdict(list)
            for p in group["params"]:
                if p.grad is not None:
                    state = self.state[p]
                    if not state:
                        state["momentum"] = torch.zeros_like(p)
                    state["momentum"].lerp_(p.grad, 1 - group["momentum"])
                    shapes[p.shape[-2:]].append(p)
            for (rows, columns), members in shapes.items():
                ahead = [p.grad.lerp(self.state[p]["momentum"], group["momentum"]).reshape(-1, rows, columns) for p in members]
                update = orthogonal(torch.cat(ahead)).split([a.shape[0] for a in ahead])
                for p, u in zip(members, update):
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                    p.add_(u.to(p.dtype).view_as(p), alpha=-group["lr"] * 0.2 * max(rows, columns) ** 0.5)
