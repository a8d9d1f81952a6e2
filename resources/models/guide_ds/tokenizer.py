"""The byte-level BPE vocabulary with the deepseek-v3 pre-tokenizer, and the chat template."""
from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from corpus.chat import Chat

BOS, EOS, PAD = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜▁pad▁｜>"
USER, ASSISTANT, THINK, THINK_END = "<｜User｜>", "<｜Assistant｜>", "<think>", "</think>"
SPECIAL = [BOS, EOS, PAD, USER, ASSISTANT, THINK, THINK_END]
TEMPLATE = (Path(__file__).parent / "chat_template.jinja").read_text(encoding="utf-8")
# The three patterns of DeepSeek-V3's tokenizer.json, each one applied to every piece left by the one before.
PATTERNS = [
    r"\p{N}{1,3}",
    r"[一-龥぀-ゟ゠-ヿ]+",
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""",
]


def pre_tokenizer(patterns: list[str]) -> pre_tokenizers.PreTokenizer:
    splits = [pre_tokenizers.Split(Regex(p), "isolated") for p in patterns]
    return pre_tokenizers.Sequence([*splits, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def train(texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """Digits are kept apart while merges are learned, so each digit stays one token under the published patterns."""
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizer([r"\p{N}", *PATTERNS])
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=vocab_size, special_tokens=SPECIAL, show_progress=False,
                                                       initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    tok.pre_tokenizer = pre_tokenizer(PATTERNS)
    return tok


def encode_chat(tok: Tokenizer, chat: Chat) -> tuple[list[int], list[int]]:
    """Ids as the chat template writes them, and a loss class for each: 0 none, 1 question, 2 answer.

    Thinking of former turns is dropped, as in the template; an answer that lost its thinking is not trained on.
    """
    one = {s: i for i, s in enumerate(SPECIAL)}

    def text(s: str) -> list[int]:
        return tok.encode(s, add_special_tokens=False).ids

    ids, kinds = [one[BOS]], [0]

    def add(new: list[int], kind: int) -> None:
        ids.extend(new)
        kinds.extend([kind] * len(new))

    add(text(chat.system), 1)
    for i, turn in enumerate(chat.turns):
        last = i == len(chat.turns) - 1
        add([one[USER]], 0)
        add(text(turn.user), 1)
        add([one[ASSISTANT]], 0)
        if last and chat.no_think:
            add([one[THINK], *text("\n\n"), one[THINK_END], *text("\n\n")], 0)
        elif last and turn.think:
            add([one[THINK], *text(f"\n{turn.think}\n"), one[THINK_END]], 2)
            add(text("\n\n"), 2)
        add([*text(turn.answer), one[EOS]], 2 if last or not turn.think else 0)
    return ids, kinds
