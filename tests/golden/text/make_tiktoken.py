#!/usr/bin/env python3
"""Writes tiktoken.txt: hashes of the ids that the package tiktoken gives the strings of strings.bin and those that derived.py makes of
them, in the form of make_splits.py, with the regex of Kimi-K2 and the tokens of qwen2.bin as ranks. A line an order of the ranks:
"trained" is that of the file; in "mixed" single bytes come first, then the i-th longer token is number 7919 i mod their number, so that
tokens form in ways that no training leaves.

Run with the packages tiktoken and tokenizers installed: python3 make_tiktoken.py
"""
import struct
import sys
from pathlib import Path

import tiktoken

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
from derived import derived_strings
from make_splits import REGEXES, as_text, hashes, strings


def byte_of_character():
    """GPT-2's alphabet: printable Latin-1 stands for itself, the other bytes for U+0100 and up."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(others)}


def tokens():
    data, alphabet, at, out = (HERE / "qwen2.bin").read_bytes(), byte_of_character(), 4, []
    for _ in range(struct.unpack_from("<I", data)[0]):
        size, kind = data[at], data[at + 1]
        if kind == 1:
            out.append(bytes(alphabet[c] for c in data[at + 2:at + 2 + size].decode()))
        at += 2 + size
    return out


def mixed(trained):
    longer = [token for token in trained if len(token) > 1]
    return [token for token in trained if len(token) == 1] + [longer[7919 * i % len(longer)] for i in range(len(longer))]


def main():
    base = strings()
    texts = [as_text(string) for string in base + derived_strings(base)]
    lines = ""
    for name, order in ("trained", tokens()), ("mixed", mixed(tokens())):
        assert len(set(order)) == len(order)
        encoding = tiktoken.Encoding(name, pat_str=REGEXES["kimi-k2"], special_tokens={},
                                     mergeable_ranks={token: rank for rank, token in enumerate(order)})
        packed = []
        for text in texts:
            ids = encoding.encode_ordinary(text)
            packed.append(struct.pack(f"<{len(ids) + 1}H", *ids, 0xFFFF))
        lines += f"{name} {len(texts)} {hashes(len(texts), lambda i: packed[i])}\n"
    (HERE / "tiktoken.txt").write_text(lines)


if __name__ == "__main__":
    main()
