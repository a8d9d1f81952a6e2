#!/usr/bin/env python3
"""Writes, as hashes, what Hugging Face's tokenizers makes of strings.bin and of the strings that derived.py makes of them.

Run with the package tokenizers installed: python3 make_splits.py
splits.txt: how they are cut by the regexes of pre-tokenizers that have no golden vocabulary. A line a pre-tokenizer: name, number of strings,
XXH64 of each tenth of the strings. What is hashed: each piece and a byte 0xFF, after each string a byte 0xFE, and 0xFF up to a multiple of
eight bytes. Bytes that are no UTF-8 are U+FFFD, as Python replaces them.
derived.txt: the ids of the derived strings alone, by the golden vocabularies, which have those of strings.bin. The same, with each id as two
bytes, little-endian, and 0xFFFF after each string.
"""

import struct
import sys
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
from derived import derived_strings
from make import IGNORE_MERGES, RULES, pre_tokenizer
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
    "qwen35": CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*" + TAIL,
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
        out.append(data[at + 2:at + 2 + size])
        at += 2 + size
    return out


def as_text(string):
    return string.decode(errors="replace")


def hashes(n_strings, of_string):
    out = []
    for part in range(N_PARTS):
        data = b"".join(of_string(i) for i in range(part * n_strings // N_PARTS, (part + 1) * n_strings // N_PARTS))
        out.append(f"{xxh64(data + bytes([255]) * (-len(data) % 8)):016x}")
    return " ".join(out)


def golden_tokenizer(name, n_strings):
    """The tokenizer of NAME.bin, and the ids that are there."""
    data = (HERE / f"{name}.bin").read_bytes()
    (n_tokens,), at, tokens, added = struct.unpack_from("<I", data), 4, [], []
    for _ in range(n_tokens):
        size, kind = data[at], data[at + 1]
        text = data[at + 2:at + 2 + size].decode()
        (added if kind != 1 else tokens).append(text)
        at += 2 + size
    n_merges, = struct.unpack_from("<I", data, at)
    pairs = struct.unpack_from(f"<{2 * n_merges}H", data, at + 4)
    at += 4 + 4 * n_merges
    merges = [(tokens[pairs[2 * i]], tokens[pairs[2 * i + 1]]) for i in range(n_merges)]
    tokenizer = Tokenizer(models.BPE(vocab={text: i for i, text in enumerate(tokens)}, merges=merges,
                                     ignore_merges=name in IGNORE_MERGES))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizer(RULES[name]), decoders.ByteLevel()
    for text in added:
        tokenizer.add_tokens([AddedToken(text, special=False, normalized=False)])
    ids = []
    for _ in range(n_strings):
        size, = struct.unpack_from("<H", data, at)
        ids.append(list(struct.unpack_from(f"<{size}H", data, at + 2)))
        at += 2 + 2 * size
    return tokenizer, ids


def main():
    base = strings()
    derived = derived_strings(base)
    texts = [as_text(string) for string in base + derived]
    lines = ""
    for name, regex in REGEXES.items():
        split = pre_tokenizers.Split(Regex(regex), "isolated")
        cut = [b"".join(piece.encode() + b"\xff" for piece, _ in split.pre_tokenize_str(text)) + b"\xfe" for text in texts]
        lines += f"{name} {len(texts)} {hashes(len(texts), lambda i: cut[i])}\n"
    (HERE / "splits.txt").write_text(lines)
    lines = ""
    for name in RULES:
        tokenizer, golden = golden_tokenizer(name, len(base))
        assert [tokenizer.encode(text, add_special_tokens=False).ids for text in texts[:len(base)]] == golden, name
        ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts[len(base):]]
        packed = [struct.pack(f"<{len(one) + 1}H", *one, 0xFFFF) for one in ids]
        lines += f"{name} {len(derived)} {hashes(len(derived), lambda i: packed[i])}\n"
    (HERE / "derived.txt").write_text(lines)


if __name__ == "__main__":
    main()
