"""Puts turns of all domains together into chats: shares, follow-ups, system prompts, thinking switched off."""
from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from .arithmetic import arithmetic_turn
from .chat import Chat, Turn
from .code import code_turn
from .facts import PHRASINGS, TOPICS, briefly, fact_turn, shortcut_table, shortcut_turn
from .noise import humanise
from .stories import story_turn
from .strings import string_turn
from .talk import form_turn, talk_turn

# Share of turns, share in the late part of a short run (stories are fluent by then, sums are not), and maker.
DOMAINS: dict[str, tuple[float, float, Callable[[random.Random], Turn]]] = {
    "facts": (40, 40, fact_turn), "brief": (4, 3, briefly), "shortcuts": (11, 11, shortcut_turn), "shortcut-table": (0.6, 0.3, shortcut_table),
    "arithmetic": (17, 34, arithmetic_turn), "strings": (7, 4, string_turn), "code": (6, 4, code_turn), "stories": (5, 2.5, story_turn),
    "talk": (7, 9, talk_turn), "forms": (4, 3, form_turn)}
FOLLOW_ASKS = {
    "shorter": ["Shorter, please.", "Shorter", "Can you say it shorter?", "In one sentence?", "Too long.", "Briefly?", "Make it shorter."],
    "table": ["In a table, please.", "As a table?", "Put it in a table.", "Show it as a table."],
    "list": ["As a list?", "In bullet points, please.", "Make a list of it.", "As bullet points."],
    "again": ["Say it in other words.", "Can you explain it differently?", "I did not get it.", "Once more, please.", "Again, in other words."],
    "continue": ["Continue.", "Go on.", "What happened then?", "And then?", "Tell me more."],
    "thanks": ["Thanks", "Thank you!", "Great, thanks.", "Thanks, that helps."]}
THANKS = ["You are welcome.", "With pleasure. Ask me more if you like."]
SYSTEMS = ["You are a helpful assistant.", "You are the guide of Conclave.", "You are a friendly guide.", "Help the user.", "You are Guide-DS."]
SHORT_SYSTEMS = ["Answer in one short sentence.", "Be brief.", "Answer as briefly as you can.", "Keep your answers short."]
LIST_SYSTEMS = ["Answer as a list.", "Use bullet points.", "Answer in bullet points."]


def one_turn(rng: random.Random, late: bool = False) -> tuple[str, Turn]:
    name = rng.choices(list(DOMAINS), [second if late else first for first, second, _ in DOMAINS.values()])[0]
    return name, DOMAINS[name][2](rng)


def follow(rng: random.Random, turn: Turn) -> Turn | None:
    """A second question about the same answer, if it has one."""
    if rng.random() < 0.12:
        return Turn(rng.choice(FOLLOW_ASKS["thanks"]), rng.choice(THANKS))
    if not turn.follow:
        return None
    kind = rng.choice(list(turn.follow))
    if turn.follow[kind] == turn.answer:
        return None
    return Turn(humanise(rng, rng.choice(FOLLOW_ASKS[kind])), turn.follow[kind])


def obeying(rng: random.Random) -> Chat:
    """A system prompt that changes the form of the answer."""
    topic_id = rng.choice([i for i in TOPICS if PHRASINGS[i]["kind"] != "ask"])
    turn = fact_turn(rng, topic_id=topic_id)
    kind, systems = rng.choice([("shorter", SHORT_SYSTEMS), ("list", LIST_SYSTEMS)])
    return Chat("system", [Turn(turn.user, turn.follow[kind])], rng.choice(systems))


def chat(rng: random.Random, late: bool = False) -> Chat:
    if rng.random() < 0.03:
        return obeying(rng)
    name, first = one_turn(rng, late)
    made = Chat(name, [first])
    if rng.random() < 0.08:
        made.system = rng.choice(SYSTEMS)
    if rng.random() < 0.30:
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            nxt = follow(rng, made.turns[-1]) if rng.random() < 0.55 else None
            made.turns.append(nxt or one_turn(rng, late)[1])
    if rng.random() < 0.03:
        made.no_think = True
    return made


def chats(seed: int, count: int, late: bool = False) -> Iterator[Chat]:
    """`count` chats; chat i depends on (seed, i) only, so any part can be made again."""
    for i in range(count):
        yield chat(random.Random(f"{seed}:{i}"), late)
