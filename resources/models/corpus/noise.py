"""Makes written questions look like people's: openers, lower case, missing marks, typos."""
from __future__ import annotations

import json
import random
from pathlib import Path

HERE = Path(__file__).parent
FAMILIES = json.loads((HERE / "families.json").read_text(encoding="utf-8"))


def upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def typo(rng: random.Random, text: str) -> str:
    """Swaps, drops or doubles one inner letter of one longer word made of plain letters."""
    words = text.split(" ")
    places = [i for i, w in enumerate(words) if len(w) > 5 and w.isalpha() and w.islower()]
    if not places:
        return text
    i = rng.choice(places)
    word, at = words[i], rng.randrange(1, len(words[i]) - 2)
    kind = rng.randrange(3)
    if kind == 0:
        word = word[:at] + word[at + 1] + word[at] + word[at + 2:]
    elif kind == 1:
        word = word[:at] + word[at + 1:]
    else:
        word = word[:at] + word[at] + word[at:]
    words[i] = word
    return " ".join(words)


def humanise(rng: random.Random, text: str, keep_case: bool = False) -> str:
    """Returns `text` with at most a few marks of haste or politeness."""
    if rng.random() < 0.12:
        opener = rng.choice(FAMILIES["openers"])
        text = opener + (text if keep_case or not opener.endswith((", ", ": ")) else lower_first(text))
    if rng.random() < 0.07:
        text += rng.choice(FAMILIES["closers"])
    if rng.random() < 0.12 and not keep_case:
        text = text.lower()
    if rng.random() < 0.15:
        text = text.rstrip("?.!")
    if rng.random() < 0.10:
        text = typo(rng, text)
    return text


def lower_first(text: str) -> str:
    """Lowers the first letter unless the first word is an acronym, a name or `I`."""
    first = text.split(" ", 1)[0]
    if len(first) > 1 and first[1:].islower() and not first.startswith(("Conclave", "Guide", "Deep")):
        return text[0].lower() + text[1:]
    return text
