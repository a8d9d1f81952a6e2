"""Writes decode.bin: random blocks of every quantised type and the floats that the gguf package decodes them to.

Run with the gguf package (any 0.10 or later) and torch, which knows FP8, installed: python3 make.py
Layout, little-endian: u32 number of cases; per case: u32 type id (ggml's, or 10000 for F8_E4M3), u32 number of elements, u32 number of block bytes,
the block bytes, the floats. Half-precision scales are kept finite, because NaN payloads are nobody's contract.
"""

import struct
from pathlib import Path

import numpy as np
import torch
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as T
from gguf.quants import dequantize

# The bytes of a block at which a half-precision number starts.
HALVES = {
    T.Q8_0: [0], T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2],
    T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208],
}
N_ELEMENTS = 2560


def random_bytes(rng, kind):
    if kind == T.F32:
        return rng.standard_normal(N_ELEMENTS).astype("<f4").view(np.uint8)
    if kind in (T.F16, T.BF16):
        bits = rng.integers(0, 65536, N_ELEMENTS, dtype=np.uint16)
        exponent = 0x7C00 if kind == T.F16 else 0x7F80
        bits[(bits & exponent) == exponent] ^= 0x4000
        return bits.astype("<u2").view(np.uint8)
    block, n_bytes = GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, (N_ELEMENTS // block, n_bytes), dtype=np.uint8)
    for offset in HALVES[kind]:
        high = blocks[:, offset + 1]
        high[(high & 0x7C) == 0x7C] ^= 0x40
    return blocks.reshape(-1)


def main():
    rng = np.random.default_rng(20)
    kinds = [T.F32, T.F16, T.BF16, *HALVES]
    out = struct.pack("<I", len(kinds) + 1)
    for kind in kinds:
        raw = random_bytes(rng, kind)
        values = np.asarray(dequantize(raw, kind), dtype="<f4").reshape(-1)
        assert values.size == N_ELEMENTS and np.isfinite(values).all()
        out += struct.pack("<III", int(kind), N_ELEMENTS, raw.size) + raw.tobytes() + values.tobytes()
    raw = np.array([b for b in range(256) if b & 0x7F != 0x7F], dtype=np.uint8)  # all but NaN
    values = torch.from_numpy(raw).view(torch.float8_e4m3fn).float().numpy()
    out += struct.pack("<III", 10000, values.size, raw.size) + raw.tobytes() + values.astype("<f4").tobytes()
    Path(__file__).with_name("decode.bin").write_bytes(out)
    print(f"decode.bin: {len(kinds) + 1} types, {len(out)} bytes")


main()
