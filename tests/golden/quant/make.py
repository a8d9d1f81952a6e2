"""Writes decode.txt: what the gguf package decodes random blocks of every type to, as hashes.

Run with the gguf package (0.17 or later) and torch, which knows FP8, installed: python3 make.py
A line a type: name, id (ggml's, or 10000 for F8_E4M3), elements, and XXH64 of the floats of each of eight equal runs. The bytes of the
blocks are SplitMix64 seeded with the id, little-endian; numbers among them are kept finite as finite() does, because NaN payloads are
nobody's contract.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as T
from gguf.quants import dequantize

sys.path.insert(0, str(Path(__file__).parent.parent))
from xxh64 import xxh64

# The bytes of a block with the sign and the upper bits of the exponent of a number, and the exponent's bits among them.
EXPONENTS = {
    T.F32: [(3, 0x7F)], T.F16: [(1, 0x7C)], T.BF16: [(1, 0x7F)],
    T.Q8_0: [(1, 0x7C)], T.Q4_0: [(1, 0x7C)], T.Q4_1: [(1, 0x7C), (3, 0x7C)], T.Q5_0: [(1, 0x7C)], T.Q5_1: [(1, 0x7C), (3, 0x7C)],
    T.Q2_K: [(81, 0x7C), (83, 0x7C)], T.Q3_K: [(109, 0x7C)], T.Q4_K: [(1, 0x7C), (3, 0x7C)], T.Q5_K: [(1, 0x7C), (3, 0x7C)],
    T.Q6_K: [(209, 0x7C)], T.IQ4_NL: [(1, 0x7C)], T.IQ4_XS: [(1, 0x7C)], T.MXFP4: [],
    T.IQ1_S: [(1, 0x7C)], T.IQ1_M: [(55, 0x70)], T.IQ2_XXS: [(1, 0x7C)], T.IQ2_XS: [(1, 0x7C)], T.IQ2_S: [(1, 0x7C)],
    T.IQ3_XXS: [(1, 0x7C)], T.IQ3_S: [(1, 0x7C)], T.TQ1_0: [(53, 0x7C)], T.TQ2_0: [(65, 0x7C)],
}
F8_E4M3 = 10000
N_ELEMENTS = 65536
N_RUNS = 8
MASK = (1 << 64) - 1


def random_bytes(seed, n):
    words = []
    for _ in range((n + 7) // 8):
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        words.append(z ^ (z >> 31))
    return np.array(words, dtype="<u8").view(np.uint8)[:n].copy()


def finite(blocks, exponents):
    for at, mask in exponents:
        blocks[:, at] = np.where(blocks[:, at] & mask == mask, blocks[:, at] ^ 0x40, blocks[:, at])
    return blocks


def line(name, number, values):
    values = np.ascontiguousarray(values, dtype="<f4").reshape(-1)
    assert values.size == N_ELEMENTS and not np.isnan(values).any()
    hashes = [f"{xxh64(run.tobytes()):016x}" for run in np.split(values, N_RUNS)]
    return " ".join([name, str(number), str(N_ELEMENTS), *hashes]) + "\n"


def main():
    text = ""
    for kind, exponents in EXPONENTS.items():
        block, n_bytes = GGML_QUANT_SIZES[kind]
        raw = random_bytes(int(kind), N_ELEMENTS // block * n_bytes).reshape(-1, n_bytes)
        with np.errstate(over="ignore"):  # the largest scale of MXFP4 gives infinities
            text += line(kind.name, int(kind), dequantize(finite(raw, exponents).reshape(-1), kind))
    raw = finite(random_bytes(F8_E4M3, N_ELEMENTS).reshape(-1, 1), [(0, 0x7F)]).reshape(-1)
    text += line("F8_E4M3", F8_E4M3, torch.from_numpy(raw).view(torch.float8_e4m3fn).float().numpy())
    Path(__file__).with_name("decode.txt").write_text(text)
    print(f"decode.txt: {len(EXPONENTS) + 1} types, {len(text)} bytes")


main()
