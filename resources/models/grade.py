#!/usr/bin/env python3
"""Grades an exported model: key facts on held-out paraphrases, sums with thinking, loops, and the load of the experts.

usage: grade.py guide-ds.gguf [--json FILE] [--samples FILE] [--count 200] [--seed 7]
What is graded is the file that ships, decoded to fp32. Prints a table; the JSON holds the same numbers.
"""
from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import torch

import grading as g
from corpus.mix import DOMAINS
from guide_ds.generate import generate, prompt_ids
from guide_ds.load import load

LIMIT = 400
# Prompts that no generator makes: what a person may type on the first day.
FREE = ["asdf", "?", "What is love?", "Tell me about the sea.", "Write a poem.", "How do I bake bread?", "Who are your parents?", "I am sad today.", "Why is the sky blue?",
        "Is a tomato a fruit?", "What is 2+2", "Explain the router and the experts like I am five.", "Can you draw?", "list the layers", "help", "What is Qt?", "How fast are you?",
        "Do you like cats?", "Write a story about a dragon and a computer.", "What is a GPU?", "compare mla and attention", "Make a table of planets.", "Tell me a secret.",
        "Which model is best?", "How do I install Conclave?", "Print the numbers from 1 to 10 in Python", "What does the inspector do and how do I hide it?", "ok", "no", "yes",
        "Why are some cells brighter?", "What is the difference between top-k and top-p?", "What is my IP address?", "Sing a song.", "Translate hello to French.",
        "Where is the dark mode?", "my model does not load", "the answer is too slow", "What's new?", "Goodbye, and thank you for the help!"]


def fact_marks(model, tok, a: argparse.Namespace) -> tuple[dict[str, float], list[tuple[g.Question, str]]]:
    questions = g.questions(a.seed, a.count)
    ids = generate(model, [prompt_ids(tok, [q.text]) for q in questions], LIMIT)
    answers = [tok.decode(x, skip_special_tokens=False) for x in ids]
    mixed = max(g.share(questions, g.shuffled(answers, seed)) for seed in range(10))
    spoiled = [f"{x} {q.wrong[0] if q.wrong else 'Press Ctrl+K or Ctrl+N.'}" for q, x in zip(questions, answers)]
    return {"facts": g.share(questions, answers), "facts, shuffled (most of 10)": mixed, "facts, a wrong fact added": g.share(questions, spoiled)}, list(zip(questions, answers))


def sum_marks(model, tok, a: argparse.Namespace) -> tuple[dict[str, float], list[tuple[str, int, str]]]:
    sums = g.additions(a.seed, a.count)
    ids = generate(model, [prompt_ids(tok, [ask]) for ask, _ in sums], LIMIT)
    answers = [tok.decode(x, skip_special_tokens=False) for x in ids]
    return {"two-digit addition": sum(g.sum_is(x, value) for x, (_, value) in zip(answers, sums)) / len(sums)}, [(q, v, x) for (q, v), x in zip(sums, answers)]


def sampled(model, tok, a: argparse.Namespace) -> tuple[dict[str, float], dict[str, dict[int, torch.Tensor]], list[tuple[str, str]]]:
    """Answers at temperature 0.7 over all domains and free prompts, with the expert counts of each domain."""
    per = (a.count - len(FREE)) // len(DOMAINS)
    asks = {name: [make(random.Random(f"grade:{a.seed}:{name}:{i}")).user for i in range(per)] for name, (_, _, make) in DOMAINS.items()}
    asks["free"] = FREE + [f"What is {n} + {n}?" for n in range(a.count - len(FREE) - per * len(DOMAINS))]
    loads: dict[str, dict[int, torch.Tensor]] = {}
    found: list[tuple[str, list[int]]] = []
    for name, prompts in asks.items():
        loads[name] = {}
        ids = generate(model, [prompt_ids(tok, [p]) for p in prompts], LIMIT, temperature=0.7, seed=a.seed, loads=loads[name])
        found += list(zip(prompts, ids))
    answers = [ids for _, ids in found]
    marks = {"loops at temperature 0.7": float(sum(g.loops(x, LIMIT) for x in answers)), "answers sampled": float(len(answers)),
             "distinct-2 inside an answer": g.distinct(answers, 2), "different answers": len({tuple(x) for x in answers}) / len(answers)}
    return marks, loads, [(p, tok.decode(x, skip_special_tokens=False)) for p, x in found]


def load_marks(loads: dict[str, dict[int, torch.Tensor]]) -> dict[str, object]:
    """Shares against fair per layer, and how far domains lie apart (half the summed difference of shares; 0 equal, 1 disjoint)."""
    layers = sorted(next(iter(loads.values())))
    per_layer = {}
    for n in layers:
        total = sum(d[n].double() for d in loads.values())
        relative = total / total.mean()
        per_layer[n] = {"lowest": round(float(relative.min()), 3), "highest": round(float(relative.max()), 3)}
    big = [d for d in loads.values() if sum(float(x.sum()) for x in d.values()) > 4000]
    apart = [float(0.5 * (x[n] / x[n].sum() - y[n] / y[n].sum()).abs().sum()) for n in layers for i, x in enumerate(big) for y in big[:i]]
    return {"per_layer": per_layer, "domains_apart": round(sum(apart) / max(1, len(apart)), 3)}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("model", type=Path)
    p.add_argument("--json", type=Path)
    p.add_argument("--samples", type=Path)
    p.add_argument("--count", type=int, default=200)
    p.add_argument("--seed", type=int, default=7)
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    a = p.parse_args()
    model, tok = load(a.model)
    model.to(a.device)
    facts, fact_answers = fact_marks(model, tok, a)
    sums, sum_answers = sum_marks(model, tok, a)
    talk, loads, talk_answers = sampled(model, tok, a)
    marks = facts | sums | talk
    for name, value in marks.items():
        print(f"{name:32} {value:8.0f}" if name in ("loops at temperature 0.7", "answers sampled") else f"{name:32} {value:8.1%}")
    experts = load_marks(loads)
    for n, m in experts["per_layer"].items():
        print(f"experts of layer {n}: lowest {m['lowest']:.2f}x, highest {m['highest']:.2f}x of a fair share")
    print(f"domains apart: {experts['domains_apart']:.2f}")
    if a.json:
        a.json.write_text(json.dumps({"marks": marks, "experts": experts, "count": a.count, "seed": a.seed}, indent=1))
    if a.samples:
        lines = [f"[{'ok' if g.passes(q, x) else 'MISS'}] {q.source}\nQ: {q.text}\nA: {x}\n" for q, x in fact_answers]
        lines += [f"[{'ok' if g.sum_is(x, v) else 'MISS'}] sum {v}\nQ: {q}\nA: {x}\n" for q, v, x in sum_answers]
        lines += [f"[0.7{' LOOP' if g.loops(tok.encode(x).ids, LIMIT) else ''}]\nQ: {q}\nA: {x}\n" for q, x in talk_answers]
        a.samples.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
