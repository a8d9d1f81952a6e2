#!/usr/bin/env python3
"""Writes json/NAME.json, small vocabularies as Hugging Face publishes them, and json/NAME.ids, what its tokenizers makes of texts with
them.

usage: make_json.py              (needs the package tokenizers; seeded: the same files every time)
       make_json.py --long CLI   compares conclave-cli with tokenizers on 5,000 other strings for each (needs safetensors too)

The texts are every sixth of strings.bin and its last sixty, which spell special tokens. NAME.ids: per text u16 count and u16 ids, little-endian.
"""
import json
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import make

HERE = Path(__file__).parent
N_MERGES = 250
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)


def splits(stages, behavior='isolated', invert=False):
    return [pre_tokenizers.Split(Regex(stage), behavior=behavior, invert=invert) for stage in stages]


def sequence(*steps):
    return pre_tokenizers.Sequence(list(steps))


# Name: normalizer, pre-tokenizer, changes to the model.
BY_BYTES = {
    'qwen2': (normalizers.NFC(), sequence(*splits(make.RULES['qwen2']), BYTES), {}),
    'deepseek-v3': (None, sequence(*splits(make.RULES['deepseek-v3']), BYTES), {}),
    # As published: digits by a step of their own.
    'deepseek-llm': (None, sequence(*splits(make.RULES['deepseek-llm'][:5]), pre_tokenizers.Digits(individual_digits=True), BYTES), {}),
    'llama3': (None, sequence(*splits(make.RULES['llama3']), BYTES), {'ignore_merges': True}),
    'gpt-2': (None, pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=True), {}),
    'o200k': (normalizers.Sequence([normalizers.NFC()]), sequence(*splits([O200K], 'removed', True), BYTES), {}),
}
LEGACY = normalizers.Sequence([normalizers.Prepend('▁'), normalizers.Replace(' ', '▁')])
BY_CHARACTERS = {
    'llama2': (LEGACY, None, {'byte_fallback': True, 'fuse_unk': True, 'unk_token': '<unk>'}),
    'mixtral': (None, pre_tokenizers.Metaspace('▁', 'first', False), {'byte_fallback': True, 'fuse_unk': True, 'unk_token': '<unk>'}),
    # No bytes, so that unknown characters show; words apart.
    'metaspace': (None, pre_tokenizers.Metaspace('▁', 'always', True), {'fuse_unk': True, 'unk_token': '<unk>'}),
}
# Text, special, and whether it swallows the blanks to its left and right.
ADDED = [('<｜begin▁of▁sentence｜>', True, False, False), ('<｜User｜>', False, False, False), ('<｜User', True, False, False),
         ('<think>', False, False, False), ('</think>', False, True, True), ('ü', False, False, False)]


def add_tokens(tokenizer):
    for text, special, left, right in ADDED:
        tokenizer.add_tokens([AddedToken(text, special=special, normalized=False, lstrip=left, rstrip=right)])


def trained(strings, pre_tokenizer, alphabet, limit):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    trainer = trainers.BpeTrainer(vocab_size=len(alphabet) + limit + N_MERGES, limit_alphabet=len(alphabet) + limit, show_progress=False,
                                  initial_alphabet=alphabet)
    tokenizer.train_from_iterator(strings, trainer)
    saved = json.loads(tokenizer.to_str())['model']
    vocabulary = sorted(saved['vocab'], key=saved['vocab'].get)
    return vocabulary, [tuple(merge) for merge in saved['merges']]


def by_bytes(name, strings):
    normalizer, pre_tokenizer, change = BY_BYTES[name]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary, merges = trained(strings, pre_tokenizer, alphabet, 0)
    if change:  # so that it shows that a piece which is a token stays one
        merges = merges[:-50]
    tokenizer = Tokenizer(models.BPE(vocab={text: i for i, text in enumerate(vocabulary)}, merges=merges, **change))
    tokenizer.decoder = decoders.ByteLevel()
    return normalizer, pre_tokenizer, tokenizer


def by_characters(name, strings):
    normalizer, pre_tokenizer, change = BY_CHARACTERS[name]
    vocabulary, merges = trained(strings, pre_tokenizers.Metaspace('▁', 'always', True), ['▁'], 150)
    head = ['<unk>', '<s>', '</s>'] + [f'<0x{b:02X}>' for b in range(256)] * change.get('byte_fallback', False)
    tokenizer = Tokenizer(models.BPE(vocab={text: i for i, text in enumerate(head + vocabulary)}, merges=merges, **change))
    for text in head[:3]:
        tokenizer.add_tokens([AddedToken(text, special=True, normalized=False)])
    return normalizer, pre_tokenizer, tokenizer


def build(name, strings):
    normalizer, pre_tokenizer, tokenizer = by_bytes(name, strings) if name in BY_BYTES else by_characters(name, strings)
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    if pre_tokenizer is not None:
        tokenizer.pre_tokenizer = pre_tokenizer
    add_tokens(tokenizer)
    bos = ADDED[0][0]
    if name == 'llama3':
        template = processors.TemplateProcessing(single=f'{bos} $A', special_tokens=[(bos, tokenizer.token_to_id(bos))])
        tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template])
    saved = json.loads(tokenizer.to_str())
    if name == 'deepseek-v3':  # files before 2024 have them so
        saved['model']['merges'] = [' '.join(merge) for merge in saved['model']['merges']]
    return tokenizer, json.dumps(saved, ensure_ascii=False, separators=(',', ':'))


def compare(cli, name, text):
    """conclave-cli opens a folder with this vocabulary and a model of one layer of zeros."""
    import numpy as np
    from safetensors.numpy import save_file
    tokenizer = Tokenizer.from_str(text)
    strings = make.sample_strings(random.Random(name)) * 3
    rng = random.Random(name + ' more')
    strings = (strings[:2000] + [''.join(rng.sample(s, len(s))) + rng.choice(strings) for s in strings])[:5000]
    n = tokenizer.get_vocab_size()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / 'tokenizer.json').write_text(text)
        (folder / 'config.json').write_text(json.dumps(dict(
            model_type='llama', hidden_size=2, num_hidden_layers=1, num_attention_heads=1, intermediate_size=2, max_position_embeddings=16)))
        zeros = lambda *shape: np.zeros(shape, np.float32)
        layer = 'model.layers.0.'
        save_file({'model.embed_tokens.weight': zeros(n, 2), 'model.norm.weight': zeros(2), layer + 'input_layernorm.weight': zeros(2),
                   layer + 'post_attention_layernorm.weight': zeros(2)} |
                  {layer + f'{part}_proj.weight': zeros(2, 2) for part in
                   ('self_attn.q', 'self_attn.k', 'self_attn.v', 'self_attn.o', 'mlp.gate', 'mlp.up', 'mlp.down')}, folder / 'model.safetensors')
        lines = ''.join(json.dumps(s) + '\n' for s in strings)
        run = subprocess.run([cli, 'tokenize', folder, '--jsonl', '--special'], input=lines.encode(), capture_output=True, check=True)
    ours = [json.loads(line) for line in run.stdout.decode().splitlines()]
    assert len(ours) == len(strings), (len(ours), run.stderr.decode())
    theirs = [tokenizer.encode(s, add_special_tokens=False).ids for s in strings]
    wrong = [i for i in range(len(strings)) if ours[i] != theirs[i]]
    print(name, len(strings), 'strings,', len(wrong), 'differ', *[repr(strings[i]) for i in wrong[:3]])
    return not wrong


def main():
    strings = make.sample_strings(random.Random(20))
    chosen = [s for i, s in enumerate(strings) if i % 6 == 0 or i >= len(strings) - 60]
    (HERE / 'json').mkdir(exist_ok=True)
    equal = True
    for name in [*BY_BYTES, *BY_CHARACTERS]:
        tokenizer, text = build(name, strings)
        if sys.argv[1:2] == ['--long']:
            equal = compare(sys.argv[2], name, text) and equal
            continue
        (HERE / 'json' / f'{name}.json').write_text(text + '\n')
        out = bytearray()
        for string in chosen:
            ids = tokenizer.encode(string, add_special_tokens=False).ids
            out += struct.pack(f'<H{len(ids)}H', len(ids), *ids)
        (HERE / 'json' / f'{name}.ids').write_bytes(out)
    sys.exit(0 if equal else 1)


if __name__ == '__main__':
    main()
