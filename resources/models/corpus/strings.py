"""Tasks on words and letters; longer ones spell first, since tokens hide letters."""
from __future__ import annotations

import json
import random

from .chat import Turn
from .noise import HERE, humanise

WORDS: dict[str, list[str]] = json.loads((HERE / "words.json").read_text(encoding="utf-8"))
SHORT = [w for group in WORDS.values() for w in group if w.isalpha() and w.isascii() and 3 <= len(w) <= 6]


def spell(word: str) -> str:
    return " ".join(word)


def reverse(rng: random.Random) -> Turn:
    word = rng.choice(SHORT)
    ask = rng.choice(["Reverse the word {w}.", "Write {w} backwards.", "What is {w} spelled backwards?", "Turn {w} around."])
    return Turn(humanise(rng, ask.format(w=word), True), f"**{word[::-1]}**", f"{spell(word)}\nbackwards: {spell(word[::-1])}")


def count_letters(rng: random.Random) -> Turn:
    word = rng.choice(SHORT)
    ask = rng.choice(["How many letters has {w}?", "How many letters are in {w}?", "Count the letters of {w}.", "How long is the word {w}?"])
    walk = "\n".join(f"{i} {c}" for i, c in enumerate(word, 1))
    return Turn(humanise(rng, ask.format(w=word), True), f"The word {word} has **{len(word)}** letters.", walk)


def spelling(rng: random.Random) -> Turn:
    word = rng.choice(SHORT)
    ask = rng.choice(["Spell {w}.", "How do you spell {w}?", "Spell the word {w}, please."])
    return Turn(humanise(rng, ask.format(w=word), True), "-".join(word.upper()))


def sort_words(rng: random.Random) -> Turn:
    words = rng.sample([w for w in SHORT if w[0].islower()], rng.choice([3, 3, 4]))
    while len({w[0] for w in words}) < len(words):
        words = rng.sample([w for w in SHORT if w[0].islower()], len(words))
    ask = rng.choice(["Sort these words: {w}.", "Put these words in order: {w}.", "Sort alphabetically: {w}.", "Which order: {w}?"])
    ranked = sorted(words)
    steps = "first letters: " + " ".join(w[0] for w in words) + "\nin order: " + " ".join(w[0] for w in ranked)
    return Turn(humanise(rng, ask.format(w=", ".join(words)), True), ", ".join(ranked), steps,
                follow={"list": "\n".join(f"{i}. {w}" for i, w in enumerate(ranked, 1))})


def sort_numbers(rng: random.Random) -> Turn:
    numbers = rng.sample(range(1, 100), rng.choice([3, 4]))
    ask = rng.choice(["Sort these numbers: {w}.", "Put in order: {w}.", "Sort {w}.", "Order the numbers {w}."])
    return Turn(humanise(rng, ask.format(w=", ".join(map(str, numbers))), True), ", ".join(map(str, sorted(numbers))))


def capitals(rng: random.Random) -> Turn:
    word = rng.choice(SHORT)
    ask = rng.choice(["Write {w} in capitals.", "{w} in upper case?", "Put {w} in capital letters."])
    return Turn(humanise(rng, ask.format(w=word), True), word.upper())


def first_letter(rng: random.Random) -> Turn:
    word, last = rng.choice(SHORT), rng.random() < 0.4
    ask = f"What is the {'last' if last else 'first'} letter of {word}?"
    return Turn(humanise(rng, ask, True), f"The {'last' if last else 'first'} letter of {word} is **{word[-1] if last else word[0]}**.")


def named(rng: random.Random) -> Turn:
    """Names some members of a kind: animals, colours, fruits."""
    kind = rng.choice([k for k in WORDS if k not in ("verbs",)])
    n = rng.choice([3, 3, 4, 5])
    words = rng.sample(WORDS[kind], n)
    word = {3: "three", 4: "four", 5: "five"}[n]
    ask = rng.choice(["Name {n} {k}.", "List {n} {k}.", "Give me {n} {k}.", "Tell me {n} {k}.", "{n} {k}?", "Can you name {n} {k}?"])
    bullets = "\n".join(f"- {w}" for w in words)
    number = "\n".join(f"{i}. {w}" for i, w in enumerate(words, 1))
    table = "| Number | Word |\n|---|---|\n" + "\n".join(f"| {i} | {w} |" for i, w in enumerate(words, 1))
    return Turn(humanise(rng, ask.format(n=rng.choice([word, str(n)]), k=kind)), rng.choice([bullets, bullets, number]),
                follow={"shorter": ", ".join(words), "table": table})


def string_turn(rng: random.Random) -> Turn:
    make = rng.choices([reverse, count_letters, spelling, sort_words, sort_numbers, capitals, first_letter, named], [2, 2, 1, 2, 1, 1, 1, 4])[0]
    return make(rng)
