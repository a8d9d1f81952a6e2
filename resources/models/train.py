#!/usr/bin/env python3
"""Trains Guide-DS; stops and resumes exactly. Run prepare.py first.

usage: train.py --data DIR --out DIR [--start FILE.gguf] [--tokens 500e6] [--minutes M] [--step-tokens 8192] [--device cpu|cuda] [--dtype bf16|f32] [--compile]

The learning rate falls by a cosine over the planned tokens, or over --minutes of running time where that is sooner, so
that a run always ends annealed. Every --save-minutes the whole state (weights, optimizer, random numbers, place in the
data, clock) goes to OUT/last.pt; the same command goes on from there.
"""
from __future__ import annotations

import argparse
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from guide_ds.load import load
from guide_ds.model import Config, GuideDS, chat_mask
from guide_ds.muon import Muon

KIND_WEIGHT = torch.tensor([0.0, 0.1, 1.0])  # by kind of target: none, question, answer
LONG_EVERY = 48                              # one step in so many takes rows of 2,048
BOS_ID = 0                                   # the first of the special tokens
BIAS_SPEED = 0.001                           # of DeepSeek-V3; five times that in the first tenth, since this run has few steps
SHORT, LONG = 256, 2048                      # tokens a row


class Rows:
    """A seeded, endless order over packed rows; its place is (epoch, position)."""

    def __init__(self, path: Path, seed: int) -> None:
        data = np.load(path)
        self.ids, self.kinds, self.seed = data["ids"], data["kinds"], seed
        self.epoch = self.at = 0
        self.order = self.shuffled()

    def shuffled(self) -> np.ndarray:
        return np.random.default_rng([self.seed, self.epoch]).permutation(len(self.ids))

    def seek(self, epoch: int, at: int) -> None:
        self.epoch, self.at = epoch, at
        self.order = self.shuffled()

    def take(self, n: int) -> tuple[Tensor, Tensor]:
        """ids and kinds, [n, length + 1] int64."""
        picked = []
        while len(picked) < n:
            if self.at == len(self.order):
                self.seek(self.epoch + 1, 0)
            picked.append(self.order[self.at])
            self.at += 1
        return torch.from_numpy(self.ids[picked].astype(np.int64)), torch.from_numpy(self.kinds[picked].astype(np.int64))


def arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--start", type=Path, help="begin with the weights of this exported file, whose tokenizer made the data")
    p.add_argument("--tokens", type=float, default=500e6, help="planned tokens")
    p.add_argument("--minutes", type=float, default=0, help="running time at which the run must be annealed (0: no limit)")
    p.add_argument("--step-tokens", type=int, default=8192)
    p.add_argument("--optimizer", choices=["adamw", "muon"], default="adamw", help="muon: for the matrices inside the layers, which learn from fewer tokens so")
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--min-lr", type=float, default=2e-4)
    p.add_argument("--muon-factor", type=float, default=3.0, help="rate of Muon's matrices as a multiple of --lr")
    p.add_argument("--warmup", type=int, default=300, help="steps")
    p.add_argument("--mtp-every", type=int, default=1, help="train the MTP block on one step in so many")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    p.add_argument("--dtype", choices=["bf16", "f32"], default="bf16")
    p.add_argument("--threads", type=int, default=0)
    p.add_argument("--compile", action="store_true")
    p.add_argument("--save-minutes", type=float, default=4)
    return p.parse_args()


def optimizers(model: GuideDS, a: argparse.Namespace) -> list[torch.optim.Optimizer]:
    """AdamW for all, or for embedding, routers and norms only, with Muon for the other matrices."""
    inner = [p for n, p in model.named_parameters() if p.ndim >= 2 and not n.endswith(("embed_tokens.weight", "mlp.gate"))] if a.optimizer == "muon" else []
    chosen = {id(p) for p in inner}
    rest = [p for p in model.parameters() if id(p) not in chosen]
    groups = [{"params": [p for p in rest if p.ndim >= 2], "weight_decay": 0.1}, {"params": [p for p in rest if p.ndim < 2], "weight_decay": 0.0}]
    found: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups, lr=a.lr, betas=(0.9, 0.95), fused=True)]
    if inner:
        found.append(Muon(inner, a.lr * a.muon_factor))
    for opt in found:
        for group in opt.param_groups:
            group["factor"] = group["lr"] / a.lr
    return found


def loss_of(model: GuideDS, normed: Tensor, targets: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted mean over the targets that count, and the plain mean over answers."""
    weight = KIND_WEIGHT.to(kinds.device)[kinds].flatten()
    picked = weight.nonzero().squeeze(1)
    logits = model.logits(normed.flatten(0, 1)[picked]).float()
    each = F.cross_entropy(logits, targets.flatten()[picked], reduction="none")
    weight = weight[picked]
    answers = (weight == 1).float()
    return (each * weight).sum() / weight.sum(), ((each * answers).sum() / answers.sum().clamp(min=1)).detach()


def balance(model: GuideDS, kinds: Tensor, sums: dict[int, Tensor], with_mtp: bool, speed: float) -> None:
    """Moves each bias towards a fair load over answers (no auxiliary loss) and adds up loads for the log. kinds [B, T + 1]."""
    for i, moe in model.moe_layers().items():
        extra = i == model.c.num_hidden_layers
        if extra and not with_mtp:
            continue
        answers = (kinds[:, 1:-1] if extra else kinds[:, :-1]).flatten() == 2
        load = torch.bincount(moe.ids[answers].flatten(), minlength=model.c.n_routed_experts).float()
        moe.e_score_correction_bias += speed * torch.sign(load.mean() - load)
        sums[i] = sums.get(i, 0) + load


def main() -> None:
    a = arguments()
    if a.threads:
        torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    torch.set_float32_matmul_precision("high")
    a.out.mkdir(parents=True, exist_ok=True)
    device = torch.device(a.device)
    model = (load(a.start)[0].train() if a.start else GuideDS(Config())).to(device)
    opts = optimizers(model, a)
    short, long = Rows(a.data / "rows-256.npz", a.seed), Rows(a.data / "rows-2048.npz", a.seed + 1)
    step, tokens, elapsed = 0, 0, 0.0
    if (a.out / "last.pt").exists():
        if a.start:
            print(f"going on from {a.out / 'last.pt'}; --start {a.start} was its beginning")
        state = torch.load(a.out / "last.pt", map_location=device, weights_only=False)
        model.load_state_dict(state["model"])
        for opt, part in zip(opts, state["opts"], strict=True):
            opt.load_state_dict(part)
        step, tokens, elapsed = state["step"], state["tokens"], state["elapsed"]
        short.seek(*state["short"])
        long.seek(*state["long"])
        torch.set_rng_state(state["rng"].cpu())
    hidden = torch.compile(model.hidden) if a.compile else model.hidden
    log = (a.out / "log.jsonl").open("a")
    clock = saved = time.monotonic()
    seen, shown, losses, sums = 0, time.monotonic(), [], {}

    def progress() -> float:
        return max(tokens / a.tokens, elapsed / (a.minutes * 60) if a.minutes else 0)

    def save() -> None:
        state = {"model": model.state_dict(), "opts": [o.state_dict() for o in opts], "step": step, "tokens": tokens, "elapsed": elapsed, "config": model.c.to_dict(),
                 "short": (short.epoch, short.at), "long": (long.epoch, long.at), "rng": torch.get_rng_state()}
        torch.save(state, a.out / "last.tmp")
        os.replace(a.out / "last.tmp", a.out / "last.pt")

    mtp = torch.zeros(())
    while progress() < 1:
        done = progress()
        lr = (a.min_lr + (a.lr - a.min_lr) * 0.5 * (1 + math.cos(math.pi * done))) * min(1, (step + 1) / a.warmup)
        for group in (g for o in opts for g in o.param_groups):
            group["lr"] = lr * group["factor"]
        rows, length = (long, LONG) if step % LONG_EVERY == LONG_EVERY - 1 else (short, SHORT)
        ids, kinds = (t.to(device, non_blocking=True) for t in rows.take(max(1, a.step_tokens // length)))
        with_mtp = step % a.mtp_every == 0
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=a.dtype == "bf16"):
            # Long rows stay open from chat to chat, so that attention over a long way is exercised as well.
            mask = chat_mask(ids[:, :-1], BOS_ID) if length == SHORT else None
            x = hidden(ids[:, :-1], mask=mask)
            loss, answer = loss_of(model, model.norm(x), ids[:, 1:], kinds[:, 1:])
            total = loss
            if with_mtp:
                ahead = model.mtp(x[:, :-1], model.embed_tokens(ids[:, 1:-1]), model.table, None if mask is None else mask[..., :-1, :-1])
                mtp, _ = loss_of(model, ahead, ids[:, 2:], kinds[:, 2:])
                total = loss + (0.3 if done < 0.6 else 0.1) * mtp
        total.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for opt in opts:
            opt.step()
            opt.zero_grad(set_to_none=True)
        with torch.no_grad():
            balance(model, kinds, sums, with_mtp, BIAS_SPEED * (5 if done < 0.1 else 1))
        step += 1
        tokens += ids[:, 1:].numel()
        seen += ids[:, 1:].numel()
        losses.append(float(answer))
        now = time.monotonic()
        elapsed += now - clock
        clock = now
        if step % 20 == 0:
            line = {"step": step, "tokens": tokens, "minutes": round(elapsed / 60, 2), "loss": round(sum(losses[-20:]) / len(losses[-20:]), 4), "mtp": round(mtp.item(), 3), "lr": round(lr, 6),
                    "norm": round(float(norm), 2), "tps": round(seen / (now - shown)), "maxvio": {i: round(float(s.max() / s.mean() - 1), 2) for i, s in sums.items()}}
            print(json.dumps(line), file=log, flush=True)
            seen, shown, sums = 0, now, {}
        if now - saved > a.save_minutes * 60 or step == 20:
            save()
            saved = time.monotonic()
    save()


if __name__ == "__main__":
    main()
