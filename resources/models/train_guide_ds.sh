#!/bin/sh
# Builds Guide-DS from nothing: corpus, tokenizer, training, export, marks. Stops and goes on exactly: run it again.
#
#   train_guide_ds.sh [DIR]                 two free CPU cores: 8 million tokens, about an hour (estimate)
#   LONG=1 train_guide_ds.sh [DIR]          one GPU: the long run, 500 million tokens of AdamW (not tried yet)
#
# Needs Python 3.11 with torch, numpy, tokenizers and gguf (PYTHON overrides which one). DIR (default build/guide) holds all results.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-build/guide}
python=${PYTHON:-python3}
if [ "${LONG:-}" ]; then
    chats=1000000
    flags="--tokens 500e6 --step-tokens 32768 --warmup 300 --device cuda"
else
    chats=140000
    flags="--tokens 8e6 --step-tokens 2048 --warmup 60 --optimizer muon --mtp-every 8 --threads 2"
fi
[ -f "$out/data/corpus.json" ] || "$python" "$here/prepare.py" --out "$out/data" --chats "$chats"
# shellcheck disable=SC2086
OMP_WAIT_POLICY=PASSIVE MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=17179869184 "$python" "$here/train.py" --data "$out/data" --out "$out/run" $flags
"$python" "$here/export_gguf.py" --checkpoint "$out/run/last.pt" --tokenizer "$out/data/tokenizer.json" --out "$out/guide-ds.gguf"
"$python" "$here/grade.py" "$out/guide-ds.gguf" --json "$out/marks.json" --samples "$out/samples.txt"
