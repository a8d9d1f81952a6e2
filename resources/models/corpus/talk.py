"""Greetings, graceful limits, a little world knowledge and Markdown forms, all from one table."""
from __future__ import annotations

import json
import random

from .chat import Turn
from .noise import HERE, humanise, upper_first
from .strings import WORDS

T = json.loads((HERE / "talk.json").read_text(encoding="utf-8"))
ENGLISH = 5  # the first groups of greetings are what most chats begin or end with


def greeting(rng: random.Random) -> Turn:
    asks, answers = rng.choices(T["greet"], [6] * ENGLISH + [1] * (len(T["greet"]) - ENGLISH))[0]
    return Turn(humanise(rng, rng.choice(asks), keep_case=True) if rng.random() < 0.3 else rng.choice(asks), rng.choice(answers))


def limit(rng: random.Random) -> Turn:
    ask = rng.choice(T["limit_asks"]).format(c=rng.choice(WORDS["countries"]), y=rng.randrange(1500, 2030))
    return Turn(humanise(rng, ask), rng.choice(T["limits"]), follow={"shorter": "I cannot know that."})


def world(rng: random.Random) -> Turn:
    what, answer = rng.choice(T["world"])
    ask = upper_first(rng.choice(T["world_ask"]).format(x=what))
    return Turn(humanise(rng, ask), f"The {what} is **{answer}**.", follow={"shorter": f"{upper_first(answer)}."})


def formula(rng: random.Random) -> Turn:
    name, text, where = rng.choice(T["formulas"])
    return Turn(humanise(rng, rng.choice(T["formula_ask"]).format(x=name)), f"{upper_first(name)}: {text}, where {where}.", follow={"shorter": text})


def quote(rng: random.Random) -> Turn:
    return Turn(humanise(rng, rng.choice(T["quote_ask"])), f"> {rng.choice(T['quotes'])}")


def steps(rng: random.Random) -> Turn:
    name, lines = rng.choice(T["steps"])
    text = "\n".join(f"{i}. {line}" for i, line in enumerate(lines, 1))
    table = "| Step | What to do |\n|---|---|\n" + "\n".join(f"| {i} | {line} |" for i, line in enumerate(lines, 1))
    return Turn(humanise(rng, rng.choice(T["steps_ask"]).format(x=name)), text, follow={"table": table})


def compare(rng: random.Random) -> Turn:
    a, b, rows = rng.choice(T["compare"])
    table = f"| | {upper_first(a)} | {upper_first(b)} |\n|---|---|---|\n" + "\n".join(f"| {k} | {x} | {y} |" for k, x, y in rows)
    return Turn(humanise(rng, rng.choice(T["compare_ask"]).format(a=a, b=b)), table)


def talk_turn(rng: random.Random) -> Turn:
    return rng.choices([greeting, limit, world], [5, 4, 4])[0](rng)


def form_turn(rng: random.Random) -> Turn:
    return rng.choices([formula, quote, steps, compare], [3, 1, 3, 4])[0](rng)
