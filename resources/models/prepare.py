#!/usr/bin/env python3
"""Generates the corpus, trains the tokenizer and packs token rows for training.

usage: prepare.py --out build/guide/data [--chats 200000] [--seed 1] [--late --tokenizer build/guide/data/tokenizer.json]
Writes tokenizer.json, rows-256.npz and rows-2048.npz (ids uint16 [n, length + 1], kinds uint8 of the same shape) and corpus.json (statistics).
The same seed gives the same files.
"""
from __future__ import annotations

import argparse
import json
from array import array
from collections import Counter
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from corpus.mix import chats
from guide_ds.model import Config
from guide_ds.tokenizer import PAD, encode_chat, train

SHORT, LONG = 256, 2048  # tokens a row
LONG_EVERY = 16          # one chat in so many goes into the long rows, and so does every chat too long for a short one


def texts(seed: int, count: int):
    for chat in chats(seed, count):
        for turn in chat.turns:
            yield turn.user
            yield turn.think
            yield turn.answer


class Packer:
    """Puts chats into rows: each goes to the fullest of the open rows that still has room."""

    def __init__(self, length: int, pad: int, open_rows: int = 48) -> None:
        self.length, self.pad, self.open_rows = length + 1, pad, open_rows
        self.rows: list[tuple[array, array]] = []
        self.open: list[tuple[array, array]] = []

    def add(self, ids: list[int], kinds: list[int]) -> None:
        fits = [r for r in self.open if len(r[0]) + len(ids) <= self.length]
        if fits:
            row = max(fits, key=lambda r: len(r[0]))
        else:
            if len(self.open) >= self.open_rows:
                full = max(self.open, key=lambda r: len(r[0]))
                self.open.remove(full)
                self.rows.append(full)
            row = (array("H"), array("B"))
            self.open.append(row)
        row[0].extend(ids[:self.length])
        row[1].extend(kinds[:self.length])

    def save(self, path: Path) -> int:
        rows = self.rows + self.open
        ids = np.full((len(rows), self.length), self.pad, np.uint16)
        kinds = np.zeros((len(rows), self.length), np.uint8)
        for i, (a, b) in enumerate(rows):
            ids[i, :len(a)], kinds[i, :len(b)] = a, b
        np.savez(path, ids=ids, kinds=kinds)
        return len(rows)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--chats", type=int, default=200_000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--late", action="store_true", help="the mixture for the second half of a short run: more sums, fewer stories")
    p.add_argument("--tokenizer", type=Path, help="use this one instead of training one")
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    tok = Tokenizer.from_file(str(a.tokenizer)) if a.tokenizer else train(texts(a.seed, min(a.chats, 60_000)), Config.vocab_size)
    tok.save(str(a.out / "tokenizer.json"))
    pad = tok.token_to_id(PAD)
    packers = {n: Packer(n, pad) for n in (SHORT, LONG)}
    tokens: Counter[str] = Counter()
    for i, chat in enumerate(chats(a.seed, a.chats, a.late)):
        ids, kinds = encode_chat(tok, chat)
        tokens[chat.domain] += len(ids)
        packers[LONG if i % LONG_EVERY == 0 or len(ids) > SHORT + 1 else SHORT].add(ids, kinds)
    rows = {n: packer.save(a.out / f"rows-{n}.npz") for n, packer in packers.items()}
    stats = {"seed": a.seed, "chats": a.chats, "tokens": sum(tokens.values()), "by_domain": dict(tokens.most_common()), "rows": rows, "vocab": tok.get_vocab_size()}
    (a.out / "corpus.json").write_text(json.dumps(stats, indent=1))
    print(json.dumps(stats, indent=1))


if __name__ == "__main__":
    main()
