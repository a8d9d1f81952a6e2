"""The plain data of the corpus: a chat is a list of turns, with a domain name for statistics."""
from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Turn:
    user: str
    answer: str
    think: str = ""
    follow: dict[str, str] = field(default_factory=dict)  # kind of follow-up -> its answer ("shorter", "table", ...)


@dataclass
class Chat:
    domain: str
    turns: list[Turn]
    system: str = ""
    no_think: bool = False  # the prompt ends in an empty think part, as with enable_thinking = false
