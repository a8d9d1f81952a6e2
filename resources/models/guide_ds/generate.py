"""Batched generation with a cache, for grading."""
from __future__ import annotations

import torch
from tokenizers import Tokenizer
from torch import Tensor

from .model import GuideDS
from .tokenizer import ASSISTANT, BOS, EOS, PAD, SPECIAL, USER

ID = {s: i for i, s in enumerate(SPECIAL)}


def prompt_ids(tok: Tokenizer, turns: list[str], system: str = "") -> list[int]:
    """Ids of a chat whose turns alternate between user and assistant, up to the mark of the next answer."""
    ids = [ID[BOS], *tok.encode(system, add_special_tokens=False).ids]
    for i, text in enumerate(turns):
        ids += [ID[USER if i % 2 == 0 else ASSISTANT], *tok.encode(text, add_special_tokens=False).ids, *([ID[EOS]] if i % 2 else [])]
    return [*ids, ID[ASSISTANT]]


@torch.inference_mode()
def generate(model: GuideDS, prompts: list[list[int]], limit: int, temperature: float = 0.0, seed: int = 0,
             loads: dict[int, Tensor] | None = None) -> list[list[int]]:
    """Answers as ids without the end token; one that fills `limit` ran away.

    Prompts are padded at the left and the padding is masked; rotary positions count differences only, so a shift is harmless.
    `loads` adds up the expert counts of the generated tokens, per layer.
    """
    device = model.embed_tokens.weight.device
    rng = torch.Generator(device="cpu").manual_seed(seed)
    longest = max(map(len, prompts))
    ids = torch.tensor([[ID[PAD]] * (longest - len(p)) + p for p in prompts], device=device)
    open_from = torch.tensor([longest - len(p) for p in prompts], device=device)
    past: list[list[Tensor]] = [[] for _ in model.layers]
    answers: list[list[int]] = [[] for _ in prompts]
    alive = list(range(len(prompts)))
    seen = 0
    for step in range(limit):
        t = ids.shape[1]
        place = torch.arange(seen + t, device=device)
        allowed = (place[None, None, :] >= open_from[:, None, None]) & (place[None, None, :] <= place[seen:, None])
        allowed |= place[None, None, :] == place[seen:, None]  # a padded row sees itself, so that its softmax is defined
        mask = torch.zeros(allowed.shape, device=device).masked_fill_(~allowed, float("-inf")).unsqueeze(1)
        logits = model.logits(model.norm(model.hidden(ids, past, mask)[:, -1])).float()
        seen += t
        if loads is not None and step:
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
        ids = choice[keep].to(device).unsqueeze(1)
        if len(keep) < len(alive):
            rows = torch.tensor(keep, device=device)
            open_from = open_from[rows]
            for layer in past:
                layer[:] = [z.index_select(0, rows) for z in layer]
        alive = [alive[j] for j in keep]
    return answers
