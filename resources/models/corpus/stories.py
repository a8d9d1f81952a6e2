"""Little stories from a grammar: the hero and name come from the request, the rest is drawn."""
from __future__ import annotations

import json
import random

from .chat import Turn
from .noise import HERE, humanise, upper_first

S: dict[str, list[str]] = json.loads((HERE / "stories.json").read_text(encoding="utf-8"))


def article(word: str) -> str:
    return ("an " if word[0] in "aeiou" else "a ") + word


def opening(rng: random.Random, v: dict[str, str]) -> str:
    return rng.choice([
        "Once there was {a} {hero} called {name}, who lived in {place}. {name} was {trait} and liked to walk alone.",
        "In {place} lived {a} {hero} named {name}. Everyone knew that {name} was very {trait}.",
        "{name} was {a2} {hero} who lived in {place}.",
        "There was once {a2} {hero} in {place}. The name of the {hero} was {name}.",
    ]).format(**v)


def discovery(rng: random.Random, v: dict[str, str]) -> str:
    return rng.choice([
        "{weather}, {name} found {find} {where}.",
        "{weather}, {name} went out and saw something {where}: it was {find}.",
        "{weather}, something shone {where}. It was {find}, and {name} took it home.",
        "{name} had never seen anything strange, until one day there was {find} {where}.",
    ]).format(**v)


def trouble(rng: random.Random, v: dict[str, str]) -> str:
    return rng.choice([
        "But then {problem}. {name} did not know what to do and went to see {helper}.",
        "The same day {problem}. \"What now?\" said {name}. Nobody answered but {helper}.",
        "Soon after, {problem}. Only {helper} was not afraid and said: \"Come with me, {name}.\"",
    ]).format(**v)


def rescue(rng: random.Random, v: dict[str, str]) -> str:
    return rng.choice([
        "{solve}. In the end it worked, and {name} laughed for joy.",
        "{solve}. It took a long time, but {name} was {trait} and did not stop.",
        "\"We can do it together,\" said {name}. {solve}.",
    ]).format(**v)


def close(rng: random.Random, v: dict[str, str]) -> str:
    return rng.choice([
        "{ending}. And {name} had learned that {lesson}.",
        "So {name} learned that {lesson}. {ending}.",
        "{ending}.",
    ]).format(**v)


def story_turn(rng: random.Random) -> Turn:
    v = {k: rng.choice(S[k]) for k in S if k != "ask"}
    ask = rng.choice(S["ask"])
    v["a"], v["a2"] = article(v["hero"]).split(" ")[0], article(v["trait"])
    parts = [opening(rng, v), discovery(rng, v)]
    if rng.random() < 0.8:
        parts += [trouble(rng, v), rescue(rng, v)]
    parts.append(close(rng, v))
    text = "\n\n".join([" ".join(parts[:2]), *([" ".join(parts[2:4])] if len(parts) > 3 else []), parts[-1]])
    again = rng.choice(["The next day {name} came back with {helper}, and they found {find}. {ending}.",
                        "Years later {name} told the story to {helper}. \"Is it true?\" asked the others. {name} only smiled.",
                        "But one question was left: who had put {find} {where}? {name} asked {helper}. {ending}."]).format(**v)
    short = upper_first(f"{article(v['trait'])} {v['hero']} called {v['name']} finds {v['find']}, and learns that {v['lesson']}.")
    return Turn(humanise(rng, ask.format(h=v["hero"], n=v["name"]), keep_case="{n}" in ask), text, follow={"continue": again, "shorter": short})
