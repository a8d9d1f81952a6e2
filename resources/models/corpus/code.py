"""Short programs in several languages: a table of programs, names and numbers in their slots."""
from __future__ import annotations

import json
import random

from .chat import Turn
from .noise import HERE, humanise

PROGRAMS: dict[str, dict[str, str]] = json.loads((HERE / "programs.json").read_text(encoding="utf-8"))
NAMES = {"python": "Python", "cpp": "C++", "javascript": "JavaScript", "rust": "Rust", "bash": "Bash", "java": "Java", "go": "Go", "sql": "SQL"}
ASKS = ["Write a {l} program that {t}.", "Write {l} code that {t}.", "Show me {l} code that {t}.", "How do I write {l} code that {t}?", "In {l}, write something that {t}.",
        "{l}: code that {t}", "Give me {l} code that {t}.", "I need {l} code that {t}.", "Can you write {l} code that {t}?", "A function that {t} in {l}, please."]
LEADS = ["Here it is in {l}:", "This {l} code {t}:", "In {l}:", "You can write it like this:"]


def fill(text: str, slots: dict[str, str]) -> str:
    for key, value in slots.items():
        text = text.replace("{" + key + "}", value)
    return text


def code_turn(rng: random.Random) -> Turn:
    task = rng.choice(list(PROGRAMS))
    language = rng.choice(list(PROGRAMS[task]))
    n = rng.choice([3, 5, 8, 10, 12, 20, 100])
    slots = {"n1": str(n + 1), "n": str(n), "who": rng.choice(["Ada", "Tom", "Mia", "Ben"]), "t": rng.choice(["books", "users", "songs", "cities", "orders"]),
             "c": rng.choice(["Paris", "Rome", "Oslo", "Lima"])}
    what = fill(task, slots)
    block = f"```{language}\n{fill(PROGRAMS[task][language], slots)}\n```"
    lead = rng.choice(LEADS).format(l=NAMES[language], t=what)
    answer = f"{lead}\n\n{block}" if rng.random() < 0.85 else block
    return Turn(humanise(rng, rng.choice(ASKS).format(l=NAMES[language], t=what), keep_case=True), answer, follow={"shorter": block})
