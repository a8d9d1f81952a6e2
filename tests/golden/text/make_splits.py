#!/usr/bin/env python3
"""Writes splits.txt: how Hugging Face's tokenizers cuts strings.bin with the regexes of pre-tokenizers that have no golden vocabulary.

Run with the package tokenizers installed: python3 make_splits.py
A line a pre-tokenizer: name, number of strings, XXH64 of each tenth of the strings. What is hashed: each piece and a byte 0xFF, after each
string a byte 0xFE, and 0xFF up to a multiple of eight bytes.
"""

import struct
import sys
from pathlib import Path

from tokenizers import Regex, pre_tokenizers

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from xxh64 import xxh64

N_PARTS = 10
TAIL = r"|\s*[\r\n]+|\s+(?!\S)|\s+"
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
# As published: GLM-4.5 and gpt-oss in tokenizer.json, Kimi-K2 in tokenization_kimi.py.
REGEXES = {
    "glm4": CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*" + TAIL,
    "gpt-4o": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + CONTRACTIONS + "?" +
              r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + CONTRACTIONS + "?" +
              r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*" + TAIL,
    "kimi-k2": r"[\p{Han}]+" +
               r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+" + CONTRACTIONS + "?" +
               r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*" + CONTRACTIONS + "?" +
               r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*" + TAIL,
}


def strings():
    data = (HERE / "strings.bin").read_bytes()
    at, out = 4, []
    for _ in range(struct.unpack_from("<I", data)[0]):
        size = struct.unpack_from("<H", data, at)[0]
        out.append(data[at + 2:at + 2 + size].decode())
        at += 2 + size
    return out


def main():
    texts = strings()
    lines = ""
    for name, regex in REGEXES.items():
        split = pre_tokenizers.Split(Regex(regex), "isolated")
        hashes = []
        for part in range(N_PARTS):
            cut = b""
            for text in texts[part * len(texts) // N_PARTS:(part + 1) * len(texts) // N_PARTS]:
                cut += b"".join(piece.encode() + b"\xff" for piece, _ in split.pre_tokenize_str(text)) + b"\xfe"
            hashes.append(f"{xxh64(cut + bytes([255]) * (-len(cut) % 8)):016x}")
        lines += " ".join([name, str(len(texts)), *hashes]) + "\n"
    (HERE / "splits.txt").write_text(lines)
    print(lines)


main()
