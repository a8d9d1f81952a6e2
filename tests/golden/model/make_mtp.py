"""What the block of multi-token prediction of the built-in model makes of a text, by the PyTorch code that it was trained with.

Run it from the repository with torch, gguf and tokenizers: python3 tests/golden/model/make_mtp.py
"""
from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / 'resources' / 'models'))
from guide_ds.load import load  # noqa: E402

TEXT = 'A mixture of experts is a model whose layers hold many small networks. For each token a router chooses a few of them.'
EVERY = 251  # a prime, so that the tokens compared are spread over the vocabulary


def main() -> None:
    model, tokenizer = load(ROOT / 'resources' / 'models' / 'guide-ds.gguf')
    ids = torch.tensor([tokenizer.encode(TEXT).ids])
    with torch.no_grad():
        ahead = model.mtp(model.hidden(ids)[:, :-1], model.embed_tokens(ids[:, 1:]), model.table)
        logits = model.logits(ahead)[0]
    out = {'ids': ids[0].tolist(), 'every': EVERY, 'best': logits.argmax(-1).tolist(),
           'logits': [[round(x, 5) for x in row] for row in logits[:, ::EVERY].tolist()]}
    (Path(__file__).parent / 'mtp.json').write_text(json.dumps(out, separators=(',', ':')) + '\n')


if __name__ == '__main__':
    main()
