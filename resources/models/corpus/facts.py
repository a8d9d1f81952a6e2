"""Questions and answers from the one file of facts, by paraphrase families."""
from __future__ import annotations

import json
import random
from pathlib import Path

from .chat import Turn
from .noise import FAMILIES, HERE, humanise, upper_first

FACTS = json.loads((HERE.parents[1] / "help" / "facts.json").read_text(encoding="utf-8"))
PHRASINGS = json.loads((HERE / "phrasings.json").read_text(encoding="utf-8"))
TOPICS = {t["id"]: t for t in FACTS["topics"]}
SHORTCUTS = [s for s in FACTS["shortcuts"] if s.get("taught", True)]  # the help names what came after the training too
HELD_OUT_ASK = 3  # of the whole questions of kind "ask", the last ones are for the grader
# Synonyms of shortcut actions, so that a key is found by more than one wording.
ACTIONS = json.loads((HERE / "actions.json").read_text(encoding="utf-8"))


def questions_of(topic_id: str, split: str) -> list[str]:
    """All questions of a topic in split "train" or "held_out", before noise."""
    p = PHRASINGS[topic_id]
    if p["kind"] == "ask":
        return p["subjects"][:-HELD_OUT_ASK] if split == "train" else p["subjects"][-HELD_OUT_ASK:]
    return [upper_first(f.format(x=s)) for f in FAMILIES[p["kind"]][split] for s in p["subjects"]]


def answers_of(topic_id: str) -> list[str]:
    """Answer variants; each one holds every key fact of the topic."""
    body, p = TOPICS[topic_id]["body"], PHRASINGS[topic_id]
    return [body, p["alt"]]


def bullets(text: str) -> str:
    parts = [s.strip().rstrip(".") for s in text.replace("? ", "?. ").split(". ")]
    return "\n".join(f"- {upper_first(s)}." for s in parts if s)


def follow_ups(topic_id: str) -> dict[str, str]:
    topic, p = TOPICS[topic_id], PHRASINGS[topic_id]
    table = f"| Topic | In short |\n|---|---|\n| {topic['title']} | {p['short']} |"
    return {"shorter": p["short"], "table": table, "list": bullets(topic["body"]), "again": p["alt"]}


def fact_turn(rng: random.Random, split: str = "train", topic_id: str = "") -> Turn:
    topic_id = topic_id or rng.choice(list(TOPICS))
    question = humanise(rng, rng.choice(questions_of(topic_id, split)))
    roll = rng.random()
    body, p = TOPICS[topic_id]["body"], PHRASINGS[topic_id]
    answer = body if roll < 0.62 else p["alt"]
    return Turn(question, answer, follow=follow_ups(topic_id))


def briefly(rng: random.Random) -> Turn:
    """A question that itself asks for one sentence, a list or a table."""
    topic_id = rng.choice([i for i in TOPICS if PHRASINGS[i]["kind"] == "what"])
    subject = rng.choice(PHRASINGS[topic_id]["subjects"])
    forms = follow_ups(topic_id)
    asks = {"shorter": ["In one sentence: what is {x}?", "Briefly, what is {x}?", "{x} in one sentence, please.", "Very short: {x}?"],
            "list": ["Explain {x} as a list.", "Tell me about {x} in bullet points.", "What is {x}? Answer as a list."],
            "table": ["Explain {x} in a table.", "Put {x} in a table.", "What is {x}? Answer in a table."]}
    kind = rng.choices(list(asks), [5, 3, 2])[0]
    return Turn(humanise(rng, upper_first(rng.choice(asks[kind]).format(x=subject))), forms[kind])


def shortcut_answers(shortcut: dict[str, str], forward: bool) -> list[str]:
    keys, action = shortcut["keys"], shortcut["action"]
    if forward:
        return [f"Press **{keys}** to {action}.", f"The shortcut is **{keys}**: it lets you {action}.", f"Use **{keys}** to {action}."]
    return [f"**{keys}** lets you {action}.", f"With **{keys}** you {action}.", f"Press **{keys}** to {action}."]


def shortcut_turn(rng: random.Random, split: str = "train", shortcut: dict[str, str] | None = None, forward: bool | None = None) -> Turn:
    """Key of an action (forward) or action of a key."""
    shortcut = shortcut or rng.choice(SHORTCUTS)
    forward = rng.random() < 0.6 if forward is None else forward
    if forward:
        action = rng.choice([shortcut["action"], *ACTIONS[shortcut["id"]]])
        question = rng.choice(FAMILIES["key_of"][split]).format(x=action)
    else:
        question = rng.choice(FAMILIES["action_of"][split]).format(x=shortcut["keys"])
    answer = rng.choice(shortcut_answers(shortcut, forward))
    table = f"| Keys | Action |\n|---|---|\n| {shortcut['keys']} | {upper_first(shortcut['action'])} |"
    return Turn(humanise(rng, question, keep_case=not forward), answer, follow={"shorter": f"**{shortcut['keys']}**.", "table": table})


def shortcut_table(rng: random.Random) -> Turn:
    """Several shortcuts as a table or a list."""
    ask = rng.choice(["List some shortcuts.", "Show me the most useful shortcuts.", "Which shortcuts are there?", "Give me a table of shortcuts.",
                      "What are the keyboard shortcuts?", "Shortcuts as a table, please.", "Which keys should I know?"])
    ids = ["new-chat", "open-model", "search", "regenerate", "fold-inspector", "fold-chats"]
    rows = [s for s in SHORTCUTS if s["id"] in ids]
    if "list" in ask.lower():
        return Turn(humanise(rng, ask), "\n".join(f"- **{s['keys']}**: {s['action']}" for s in rows))
    return Turn(humanise(rng, ask), "| Keys | Action |\n|---|---|\n" + "\n".join(f"| {s['keys']} | {upper_first(s['action'])} |" for s in rows))
