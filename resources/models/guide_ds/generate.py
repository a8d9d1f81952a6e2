"""Batched generation with a cache, for grading. Prompts of one length run together, so no padding is needed."""
from __future__ import annotations

from collections import defaultdict

import torch
from tokenizers import Tokenizer
from torch import Tensor

from .model import GuideDS
from .tokenizer import ASSISTANT, BOS, EOS, SPECIAL, USER

ID = {s: i for i, s in enumerate(SPECIAL)}


def prompt_ids(tok: Tokenizer, turns: list[str], system: str = "") -> list[int]:
    """Ids of a chat whose turns alternate between user and assistant, up to the mark of the next answer."""
    ids = [ID[BOS], *tok.encode(system, add_special_tokens=False).ids]
    for i, text in enumerate(turns):
        ids += [ID[USER if i % 2 == 0 else ASSISTANT], *tok.encode(text, add_special_tokens=False).ids, *([ID[EOS]] if i % 2 else [])]
    return [*ids, ID[ASSISTANT]]


@torch.inference_mode()
def generate(model: GuideDS, prompts: list[list[int]], limit: int, temperature: float = 0.0, seed: int = 0,
             loads: dict[int, Tensor] | None = None, width: int = 64) -> list[list[int]]:
    """Answers as ids without the end token; one that fills `limit` ran away. `loads` adds up expert counts per layer."""
    device = model.embed_tokens.weight.device
    rng = torch.Generator(device="cpu").manual_seed(seed)
    by_length: dict[int, list[int]] = defaultdict(list)
    for i, p in enumerate(prompts):
        by_length[len(p)].append(i)
    answers: list[list[int]] = [[] for _ in prompts]
    for members in (m[k:k + width] for m in by_length.values() for k in range(0, len(m), width)):
        past: list[list[Tensor]] = [[] for _ in model.layers]
        ids = torch.tensor([prompts[i] for i in members], device=device)
        alive = list(members)
        for _ in range(limit):
            logits = model(ids, past)[:, -1].float()
            if loads is not None:
                for n, moe in model.moe_layers().items():
                    if n < model.c.num_hidden_layers:
                        loads[n] = loads.get(n, 0) + moe.load.cpu()
            if temperature:
                choice = torch.multinomial((logits / temperature).softmax(-1).cpu(), 1, generator=rng).squeeze(1)
            else:
                choice = logits.argmax(-1).cpu()
            keep = [j for j, c in enumerate(choice.tolist()) if c != ID[EOS]]
            for j in keep:
                answers[alive[j]].append(int(choice[j]))
            if not keep:
                break
            alive = [alive[j] for j in keep]
            rows = torch.tensor(keep, device=device)
            ids = choice[keep].to(device).unsqueeze(1)
            if len(keep) < past[0][0].shape[0]:
                for layer in past:
                    layer[:] = [z.index_select(0, rows) for z in layer]
    return answers
