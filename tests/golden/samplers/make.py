#!/usr/bin/env python3
"""Writes samplers.json: what llama.cpp's samplers leave of random distributions, for tests/engine/generate/sampler_golden_test.cpp.

Needs libllama (Debian's libllama0 or a build of llama.cpp). Run: LIBLLAMA=/path/to/libllama.so python3 make.py.
The result depends on the seed alone.
"""
import ctypes
import json
import math
import os
import pathlib
import random

N_VOCAB = 64
LETTERS = 12  # recent tokens come from few ids, so that runs repeat


class TokenData(ctypes.Structure):
    _fields_ = [("id", ctypes.c_int32), ("logit", ctypes.c_float), ("p", ctypes.c_float)]


class TokenDataArray(ctypes.Structure):
    _fields_ = [("data", ctypes.POINTER(TokenData)), ("size", ctypes.c_size_t), ("selected", ctypes.c_int64),
                ("sorted", ctypes.c_bool)]


class LogitBias(ctypes.Structure):
    _fields_ = [("id", ctypes.c_int32), ("bias", ctypes.c_float)]


lib = ctypes.CDLL(os.environ.get("LIBLLAMA", "libllama.so.0"))
F, I, U, Z, P = ctypes.c_float, ctypes.c_int32, ctypes.c_uint32, ctypes.c_size_t, ctypes.c_void_p
for name, arguments in {"top_k": [I], "top_p": [F, Z], "min_p": [F, Z], "typical": [F, Z], "temp": [F],
                        "temp_ext": [F, F, F], "xtc": [F, F, Z, U], "top_n_sigma": [F], "penalties": [I, I, F, F, F],
                        "logit_bias": [I, I, ctypes.POINTER(LogitBias)], "dry": [P, F, F, I, I, P, Z],
                        "mirostat": [I, U, F, F, I], "mirostat_v2": [U, F, F]}.items():
    function = getattr(lib, "llama_sampler_init_" + name)
    function.argtypes, function.restype = arguments, P
lib.llama_sampler_apply.argtypes = [P, ctypes.POINTER(TokenDataArray)]
lib.llama_sampler_accept.argtypes = [P, I]
lib.llama_sampler_free.argtypes = [P]


def sampler(name, *arguments):
    return getattr(lib, "llama_sampler_init_" + name)(*arguments)


def candidates(logits):
    data = (TokenData * len(logits))(*[TokenData(i, logit, 0) for i, logit in enumerate(logits)])
    return data, TokenDataArray(data, len(logits), -1, False)


def left(array):
    """{id: probability} of what an array holds."""
    kept = [(array.data[i].id, array.data[i].logit) for i in range(array.size) if array.data[i].logit > -math.inf]
    best = max(logit for _, logit in kept)
    total = sum(math.exp(logit - best) for _, logit in kept)
    return sorted([i, float(f"{math.exp(logit - best) / total:.7g}")] for i, logit in kept)


def case(name, options, stages, logits, recent):
    data, array = candidates(logits)
    for stage in stages:
        for token in recent:
            lib.llama_sampler_accept(stage, token)
        lib.llama_sampler_apply(stage, ctypes.byref(array))
        lib.llama_sampler_free(stage)
    return {"name": name, "options": options, "logits": logits, "recent": recent, "left": left(array)}


def mirostat(version, logits_of_step, tau, eta):
    """The tokens left at each step, and the one llama.cpp then drew from them."""
    stage = sampler("mirostat", N_VOCAB, 1, tau, eta, 100) if version == 1 else sampler("mirostat_v2", 1, tau, eta)
    steps = []
    for logits in logits_of_step:
        data, array = candidates(logits)
        lib.llama_sampler_apply(stage, ctypes.byref(array))
        steps.append({"logits": logits, "left": left(array), "drawn": array.data[array.selected].id})
    lib.llama_sampler_free(stage)
    return {"version": version, "tau": tau, "eta": eta, "steps": steps}


def main():
    generator = random.Random(20261125)

    def logits(spread):
        # No two alike: which of two equal tokens a stage leaves is nobody's rule.
        values = set()
        while len(values) < N_VOCAB:
            values.add(round(generator.gauss(0, spread), 3))
        return generator.sample(sorted(values), N_VOCAB)

    none = {"temperature": 1.0, "top_p": 1.0}
    cases = []

    def add(name, options, *stages, spread=2.0, recent=()):
        cases.append(case(name, none | options, stages, logits(spread), list(recent)))

    for k in (1, 7, 40):
        add("top_k", {"top_k": k}, sampler("top_k", k))
    for p in (0.1, 0.5, 0.9, 0.99):
        add("top_p", {"top_p": p}, sampler("top_p", p, 1))
        add("min_p", {"min_p": p}, sampler("min_p", p, 1))
        add("typical_p", {"typical_p": p}, sampler("typical", p, 1))
        add("typical_p", {"typical_p": p}, sampler("typical", p, 1), spread=0.5)
    for n in (0.5, 1.0, 2.0):
        add("top_n_sigma", {"top_n_sigma": n}, sampler("top_n_sigma", n))
    for threshold in (0.02, 0.1, 0.3):
        add("xtc", {"xtc_probability": 1.0, "xtc_threshold": threshold}, sampler("xtc", 1.0, threshold, 1, 1))
    for t in (0.3, 0.8, 2.0):
        add("temperature", {"temperature": t}, sampler("temp", t))
        for spread in (0.5, 3.0):
            add("dynamic temperature", {"temperature": t, "dynatemp_range": 0.5, "dynatemp_exponent": 1.5},
                sampler("temp_ext", t, 0.5, 1.5), spread=spread)
    for options in ((1.3, 0.0, 0.0), (1.0, 0.4, 0.0), (1.0, 0.0, 0.7), (1.1, 0.2, -0.3)):
        recent = [generator.randrange(LETTERS) for _ in range(30)]
        repetition, frequency, presence = options
        add("penalties", {"repetition_penalty": repetition, "frequency_penalty": frequency,
                          "presence_penalty": presence, "repetition_window": 20},
            sampler("penalties", N_VOCAB, 20, repetition, frequency, presence), recent=recent)
    bias = {3: 2.5, 9: -1.0, 11: -math.inf}
    add("logit_bias", {"logit_bias": [[i, b if b > -math.inf else None] for i, b in bias.items()]},
        sampler("logit_bias", N_VOCAB, len(bias), (LogitBias * 3)(*[LogitBias(i, b) for i, b in bias.items()])))
    for window, allowed in ((-1, 2), (16, 2), (-1, 4), (-1, 1)):
        phrase = [generator.randrange(LETTERS) for _ in range(7)]
        recent = phrase + [generator.randrange(LETTERS) for _ in range(5)] + phrase[1:] + phrase[:3]
        add("dry", {"dry_multiplier": 0.8, "dry_base": 1.5, "dry_allowed_length": allowed, "dry_window": window},
            sampler("dry", None, 0.8, 1.5, allowed, window if window > 0 else len(recent), None, 0), recent=recent)
    recent = [generator.randrange(LETTERS) for _ in range(40)]
    add("chain", {"repetition_penalty": 1.2, "repetition_window": 64, "dry_multiplier": 0.5, "dry_base": 1.75,
                  "dry_allowed_length": 2, "top_n_sigma": 3.0, "top_k": 30, "typical_p": 0.97, "top_p": 0.95,
                  "min_p": 0.02, "temperature": 0.7},
        sampler("penalties", N_VOCAB, 64, 1.2, 0.0, 0.0), sampler("dry", None, 0.5, 1.75, 2, len(recent), None, 0),
        sampler("top_n_sigma", 3.0), sampler("top_k", 30), sampler("typical", 0.97, 1), sampler("top_p", 0.95, 1),
        sampler("min_p", 0.02, 1), sampler("temp", 0.7), recent=recent)
    runs = [mirostat(version, [logits(spread) for _ in range(12)], tau, 0.1)
            for version in (1, 2) for tau, spread in ((3.0, 2.0), (1.5, 3.0))]

    out = pathlib.Path(__file__).with_name("samplers.json")
    out.write_text(json.dumps({"cases": cases, "mirostat": runs}, separators=(",", ":")) + "\n")
    print(f"{len(cases)} cases, {len(runs)} runs of Mirostat, {out.stat().st_size} bytes")


main()
