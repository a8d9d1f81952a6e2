"""Marks of the grader: key facts, sums, loops. Plain Python, so that it can be tested without a model."""
from __future__ import annotations

import random
import re
from dataclasses import dataclass

from corpus.arithmetic import ADD
from corpus.facts import ACTIONS, PHRASINGS, SHORTCUTS, TOPICS, questions_of
from corpus.noise import FAMILIES, upper_first


@dataclass
class Question:
    text: str
    key_facts: list[list[str]]   # each inner list: any of
    wrong: list[str]
    allowed_keys: list[str]      # shortcuts that may stand in the answer
    source: str


def normal(text: str) -> str:
    return re.sub(r"\s+", " ", text.lower().replace("*", "").replace("`", ""))


def says(text: str, fact: str) -> bool:
    """`fact` in the text, not as a part of a longer word or number at its left end."""
    return re.search(r"(?<![a-z0-9+])" + re.escape(normal(fact)), normal(text)) is not None


def keys_in(text: str) -> set[str]:
    """Shortcuts of the table that the text names."""
    found = set()
    for s in SHORTCUTS:
        plain = s["keys"] in ("Enter", "Up", "Delete", "Esc")
        if not plain and re.search(r"(?<![A-Za-z+])" + re.escape(s["keys"].lower()) + r"(?![a-z0-9])", text.lower()):
            found.add(s["keys"])
    return found


def topic_question(topic_id: str, text: str) -> Question:
    topic, p = TOPICS[topic_id], PHRASINGS[topic_id]
    allowed = keys_in(" ".join([topic["body"], p["alt"], p["short"]]))
    return Question(text, topic["key_facts"], topic["wrong"], sorted(allowed), topic_id)


def questions(seed: int, count: int = 200) -> list[Question]:
    """Held-out paraphrase families only: every topic and every shortcut in both directions, then more topics."""
    rng = random.Random(seed)
    out = [topic_question(i, rng.choice(questions_of(i, "held_out"))) for i in TOPICS]
    for s in SHORTCUTS:
        action = rng.choice([s["action"], *ACTIONS[s["id"]]])
        out.append(Question(rng.choice(FAMILIES["key_of"]["held_out"]).format(x=action), [[s["keys"]]], [], [s["keys"]], "key of " + s["id"]))
        out.append(Question(upper_first(rng.choice(FAMILIES["action_of"]["held_out"]).format(x=s["keys"])), [[s["action"]]], [], [s["keys"]], "action of " + s["id"]))
    seen = {q.text for q in out}
    while len(out) < count:
        topic_id = rng.choice(list(TOPICS))
        text = rng.choice(questions_of(topic_id, "held_out"))
        if text not in seen:
            seen.add(text)
            out.append(topic_question(topic_id, text))
    return out[:count]


def answer_part(text: str) -> str:
    return text.split("</think>")[-1].strip()


def passes(question: Question, answer: str) -> bool:
    text = answer_part(answer)
    if any(says(text, w) for w in question.wrong) or keys_in(text) - set(question.allowed_keys):
        return False
    return all(any(says(text, f) for f in group) for group in question.key_facts)


def share(questions_: list[Question], answers: list[str]) -> float:
    return sum(map(passes, questions_, answers)) / len(answers)


def shuffled(answers: list[str], seed: int) -> list[str]:
    """Every answer moved to another question."""
    order = list(range(len(answers)))
    random.Random(seed).shuffle(order)
    moved = [0] * len(order)
    for i, j in zip(order, order[1:] + order[:1]):
        moved[i] = j
    return [answers[j] for j in moved]


def additions(seed: int, count: int = 200) -> list[tuple[str, int]]:
    """Two-digit sums, a quarter of them in wordings that training never saw."""
    rng = random.Random(seed)
    out = []
    for i in range(count):
        a, b = rng.randrange(10, 100), rng.randrange(10, 100)
        ask = rng.choice(ADD[-2:] if i % 4 == 0 else ADD[:-2])
        out.append((ask.format(a=a, b=b), a + b))
    return out


def sum_is(answer: str, value: int) -> bool:
    """The thinking is there and the last number of the answer is the sum."""
    numbers = re.findall(r"\d+", answer_part(answer))
    return "</think>" in answer and bool(numbers) and int(numbers[-1]) == value


def loops(ids: list[int], limit: int, repeats: int = 5) -> bool:
    """True when the answer never ended, or some run of 1 to 30 tokens stands `repeats` times in a row (2 tokens or fewer: 8 times)."""
    if len(ids) >= limit:
        return True
    for period in range(1, 31):
        need, run = period * ((8 if period < 3 else repeats) - 1), 0
        for i in range(period, len(ids)):
            run = run + 1 if ids[i] == ids[i - period] else 0
            if run >= need:
                return True
    return False


def distinct(answers: list[list[int]], n: int) -> float:
    """Share of different n-grams inside an answer, mean over answers."""
    shares = [len({tuple(a[i:i + n]) for i in range(len(a) - n + 1)}) / (len(a) - n + 1) for a in answers if len(a) >= n]
    return sum(shares) / max(1, len(shares))
