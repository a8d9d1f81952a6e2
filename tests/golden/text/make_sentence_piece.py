#!/usr/bin/env python3
"""Writes llama.model, a small vocabulary of SentencePiece's BPE with the settings of Llama 2, and llama.model.txt: hashes of the ids that
the package sentencepiece gives the strings of strings.bin and those that derived.py makes of them, in the form of make_splits.py.

Run with the packages sentencepiece and tokenizers installed: python3 make_sentence_piece.py
"""
import io
import struct
import sys
from pathlib import Path

import sentencepiece

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
from derived import derived_strings
from make_splits import as_text, hashes, strings


def main():
    base = strings()
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([as_text(s) for s in base if s and b"\0" not in s]), model_writer=out, model_type="bpe", vocab_size=1400,
        byte_fallback=True, normalization_rule_name="identity", add_dummy_prefix=True, remove_extra_whitespaces=False,
        character_coverage=0.98, split_digits=True, allow_whitespace_only_pieces=True,
        num_threads=1, minloglevel=2)
    (HERE / "llama.model").write_bytes(out.getvalue())
    model = sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())
    texts = [as_text(s) for s in base + derived_strings(base)]
    packed = []
    for text in texts:
        ids = model.encode(text)
        packed.append(struct.pack(f"<{len(ids) + 1}H", *ids, 0xFFFF))
    (HERE / "llama.model.txt").write_text(f"{len(texts)} {hashes(len(texts), lambda i: packed[i])}\n")


if __name__ == "__main__":
    main()
