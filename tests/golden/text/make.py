#!/usr/bin/env python3
"""Writes the goldens beside it: what Hugging Face's tokenizers and Jinja2 make of texts and chats.

Needs the packages tokenizers and jinja2; chat templates of published models are read from the folder given with
--templates and only hashes of what they render are kept. Run it when a rule is added, and commit the result with the
reason. Seeded: a second run with the same packages gives the same bytes.

strings.bin           u32 count, then per string u16 size and UTF-8 bytes
<pre-tokenizer>.bin   u32 tokens, each u8 size, u8 type and text; u32 merges, each u16 left, u16 right;
                      then per string u16 count and u16 ids
templates.json        {file: {case: [bytes, FNV-1a 64 of the text, hex], or null where the template refuses the chat}}
chats/*.txt           what the templates chats/*.jinja render
All numbers little-endian.
"""
import argparse
import json
import random
import struct
import unicodedata
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = Path(__file__).parent
N_STRINGS = 2000
N_MERGES = 1000

# Escaped: some of these change when an editor normalises text.
LETTERS = (
    "A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373"
    "\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f"
    "\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77"
    "\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d"
    "\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb"
    "\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128"
    "\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b\u2c7e-\u2ce4"
    "\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf"
    "\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\U00010400-\U0001044f\U000104b0-\U000104d3"
    "\U000104d8-\U000104fb\U00010c80-\U00010cb2\U00010cc0-\U00010cf2\U000118a0-\U000118df\U0001e900-\U0001e943"
)
RULES = {
    "deepseek-llm": [
        r"[\r\n]", rf"\s?[{LETTERS}]+", "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+", r"\s+$",
        "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+", r"\p{N}+",
    ],
    "deepseek-coder": [r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+", r"\p{N}"],
    "deepseek-v3": [
        r"\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
        r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""",
    ],
    "qwen2": [
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ],
    "llama3": [
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ],
    "gpt-2": [r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"],
}
IGNORE_MERGES = {"llama3"}  # a piece that is a token stays one; so that it shows, the last merges are left out there
N_LEFT_OUT = 200
# Text, whether Hugging Face calls it special, and the type a GGUF gives it (3 control, 4 user_defined).
ADDED = [
    ("<｜begin▁of▁sentence｜>", True, 3), ("<｜end▁of▁sentence｜>", True, 3), ("<｜User｜>", False, 3),
    ("<｜Assistant｜>", False, 3), ("<｜User", True, 3), ("<think>", False, 4), ("</think>", False, 4), ("ü", False, 4),
    ("÷", False, 4),
]
WORDS = """the router picks two of eight experts for each token and weighs them 模型 専門家 를 선택 Маршрутизатор выбирает
эксперта ο δρομολογητής επιλέγει اختيار الخبير हिन्दी ภาษาไทย Führer naïve façade don't I'm we'll THEY'RE it's 'S O'Reilly
int main(void){return0;} foo_bar x+=1; a->b::c(); https://example.org/?q=1&r=2#t <b>bold</b> **md** `code` \\frac{1}{2}
1 12 123 1234 3.14159 1,000,000 0x7fff ½ ² Ⅷ ٣٤٥ १२३ 九百 e=mc² $5.00 €9 £3 50% ① 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪 e\u0301 n\u0303 ﬁ Ａｂｃ ｱｲｳ カタカナ
ひらがな 你好，世界。 「引用」 …— “quoted” ‘single’ «guillemets» ¿qué? ¡sí! \u200b \u00ad \ufeff \u0378 'ſ K Ω""".split()
BLANKS = [" ", " ", " ", " ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", "\r", " \n ", "\u00a0", "\u3000", "\u2003", "\u2028",
          "\u0085", "\u180e", "\u000b", "", "", ""]


def sample_strings(rng):
    by_category = {}
    for point in range(0x110000):
        # Unassigned points are drawn rarely; those a later Unicode assigns depend on the library's version, so only
        # those before this Python's tables are taken, and never a surrogate.
        category = unicodedata.category(chr(point))
        if category not in ("Cs", "Cn", "Co"):
            by_category.setdefault(category, []).append(chr(point))
    categories = sorted(by_category)
    strings = ["", " ", "  ", "\n", "\r\n", "\t", "a", "\u180e", " \u180e a", "'ſx 'Sx", "a" * 300, " " * 100 + "x", "1" * 50]
    for category in categories:  # every category at least ten times, alone, doubled and beside letters
        for _ in range(10):
            c, d = rng.choice(by_category[category]), rng.choice(by_category[category])
            strings.append(rng.choice([c, c + d, "a" + c + "b", " " + c + " " + d, c + "1" + d, "中" + c + "x\n"]))
    while len(strings) < N_STRINGS - 60:
        parts = []
        for _ in range(rng.randint(1, 9)):
            parts.append(rng.choice(WORDS) if rng.random() < 0.85 else rng.choice(by_category[rng.choice(categories)]))
            parts.append(rng.choice(BLANKS))
        if rng.random() < 0.3:
            parts.pop()
        strings.append("".join(parts))
    while len(strings) < N_STRINGS:  # with special tokens' spellings, whole and broken
        parts = [rng.choice([a[0] for a in ADDED] + WORDS + ["<", "｜>", " ", "<｜User ｜>"]) for _ in range(rng.randint(2, 6))]
        strings.append("".join(parts))
    return strings


def pre_tokenizer(stages):
    splits = [pre_tokenizers.Split(Regex(stage), behavior="isolated") for stage in stages]
    return pre_tokenizers.Sequence(splits + [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def write_tokenizer(name, stages, strings):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer(stages)
    tokenizer.decoder = decoders.ByteLevel()
    # As in deepseek-llm, letters that would stand for bytes UTF-8 never uses are added tokens of their own.
    alphabet = sorted(set(pre_tokenizers.ByteLevel.alphabet()) - {text for text, _, _ in ADDED})
    trainer = trainers.BpeTrainer(vocab_size=len(alphabet) + N_MERGES, show_progress=False, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(strings, trainer)
    saved = json.loads(tokenizer.to_str())["model"]
    vocabulary = sorted(saved["vocab"].items(), key=lambda item: item[1])
    assert [i for _, i in vocabulary] == list(range(len(vocabulary)))
    if name in IGNORE_MERGES:
        saved["merges"] = saved["merges"][:-N_LEFT_OUT]
        kept = [tuple(merge) for merge in saved["merges"]]
        tokenizer.model = models.BPE(vocab=saved["vocab"], merges=kept, ignore_merges=True)
    merges = [(saved["vocab"][left], saved["vocab"][right]) for left, right in saved["merges"]]
    for text, special, _ in ADDED:
        tokenizer.add_tokens([AddedToken(text, special=special, normalized=False)])
    out = bytearray()
    tokens = [(text, 1) for text, _ in vocabulary] + [(text, kind) for text, _, kind in ADDED]
    out += struct.pack("<I", len(tokens))
    for text, kind in tokens:
        data = text.encode()
        out += struct.pack("<BB", len(data), kind) + data
    out += struct.pack("<I", len(merges)) + b"".join(struct.pack("<HH", *merge) for merge in merges)
    for string in strings:
        ids = tokenizer.encode(string, add_special_tokens=False).ids
        out += struct.pack(f"<H{len(ids)}H", len(ids), *ids)
    (HERE / f"{name}.bin").write_bytes(out)


DATE = "2000-01-01"  # what stands for today's
SYSTEM = {"role": "system", "content": "You are brief. Ünïcödé 你好."}
TURNS = [
    {"role": "user", "content": "What is a router?\nSay it in \"one\" sentence."},
    {"role": "assistant", "content": "<think>\nThey ask about routing.\n</think>\n\nIt picks experts & weighs them."},
    {"role": "user", "content": " 2 < 3? "},
    {"role": "assistant", "content": "Yes."},
    {"role": "user", "content": "Thanks 👍🏽"},
]
TOOLS = [
    {"type": "function", "function": {
        "name": "get_weather", "description": "Weather at a place, \"now\" or later \u2014 \u5929\u6c17",
        "parameters": {"type": "object", "properties": {
            "city": {"type": "string", "description": "A city's name"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
            "days": {"type": "integer", "minimum": 1, "maximum": 14, "default": 3},
            "places": {"type": "array", "items": {"type": "object", "properties": {
                "lat": {"type": "number"}, "lon": {"type": "number"}}, "required": ["lat", "lon"]}},
            "tags": {"type": "array", "items": {"type": "string"}, "nullable": True},
        }, "required": ["city"]}}},
    {"type": "function", "function": {
        "name": "add", "description": "The sum of two numbers", "strict": True,
        "parameters": {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"},
                                                        "near": {"type": "number", "default": 1e-05}},
                       "required": ["a", "b"]}}},
]


def call(number, name, **arguments):
    return {"id": f"call0000{number}", "name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}


WEATHER = call(1, "get_weather", city="K\u00f6ln \"am\" Rhein", days=2, places=[{"lat": 50.94, "lon": 6.96}], unit="celsius")
SUM = call(2, "add", a=1, b=2.5)
TOOL_TURNS = [
    {"role": "user", "content": "How warm is it in K\u00f6ln?"},
    {"role": "assistant", "content": "", "tool_calls": [WEATHER]},
    {"role": "tool", "content": "{\"celsius\": 7, \"sky\": \"grey <&> \u26c5\"}", "tool_call_id": WEATHER["id"]},
    {"role": "assistant", "content": "<think>\nSeven.\n</think>\n\nIt has 7 \u00b0C."},
    {"role": "user", "content": " And 1 + 2.5? "},
    {"role": "assistant", "content": "", "tool_calls": [SUM]},
    {"role": "tool", "content": "3.5", "tool_call_id": SUM["id"]},
    {"role": "assistant", "content": "3.5."},
    {"role": "user", "content": "Thanks"},
]
BOTH = [TOOL_TURNS[0], {"role": "assistant", "content": "Both.", "tool_calls": [WEATHER, SUM]}, TOOL_TURNS[2], TOOL_TURNS[6]]
CHATS = {  # messages, whether an answer is to begin, tools
    "one": (TURNS[:1], True, None), "three": (TURNS[:5], True, None), "closed": (TURNS[:4], False, None),
    "tools-one": (TURNS[:1], True, TOOLS), "tools-three": (TOOL_TURNS, True, TOOLS),
    "tools-result": (TOOL_TURNS[:3], True, TOOLS), "tools-both": (BOTH, True, TOOLS),
}
CASES = {
    f"{'system' if system else 'plain'}-{name}-{'think' if thinking else 'direct'}":
        (([SYSTEM] if system else []) + messages, prompt, thinking, tools)
    for system in (False, True) for name, (messages, prompt, tools) in CHATS.items() for thinking in (False, True)
}


def with_calls(messages, text_arguments, null_content):
    """The messages as transformers takes them, with calls in one of the styles that templates want."""
    out = []
    for message in messages:
        message = dict(message)
        if "tool_calls" in message:
            message["tool_calls"] = [
                {"id": made["id"], "type": "function", "function": {
                    "name": made["name"],
                    "arguments": made["arguments"] if text_arguments else json.loads(made["arguments"])}}
                for made in message["tool_calls"]]
            if null_content and not message["content"]:
                message["content"] = None
        out.append(message)
    return out


def call_style(source):
    """The first style in which the template writes a call's name and its arguments, as JSON or one by one."""
    probe = [{"role": "user", "content": "probe"},
             {"role": "assistant", "content": "", "tool_calls": [
                 {"id": "probe0001", "name": "probe_function", "arguments": '{"probe_argument": "probe"}'}]}]
    for style in ((False, False), (True, False), (False, True), (True, True)):
        try:
            text = render(source, with_calls(probe, *style), False, True)
        except (jinja2.TemplateError, TypeError):
            continue
        if "probe_function" in text and "probe_argument" in text and not any(
                quote + "probe_argument" in text for quote in ("'", '\\"')):
            return style
    return (False, False)


def render(source, messages, prompt, thinking, tools=None):
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                                extensions=["jinja2.ext.loopcontrols"])
    # default: "tools | map(…) | tojson" of llama.cpp's R1 template, which Python's json refuses as a generator.
    environment.filters["tojson"] = lambda value, **options: json.dumps(
        value, **{"ensure_ascii": False, "default": list, **options})

    def raise_exception(message):
        raise jinja2.TemplateError(message)

    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = lambda _format: DATE
    return environment.from_string(source).render(
        messages=messages, **({"tools": tools} if tools else {}), add_generation_prompt=prompt, enable_thinking=thinking, thinking=thinking, bos_token="<bos>",
        eos_token="<eos>")


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def rendered(source, case):
    """None where the template refuses the chat."""
    messages, prompt, thinking, tools = case
    try:
        return render(source, with_calls(messages, *call_style(source)), prompt, thinking, tools)
    except jinja2.TemplateError:
        return None


def write_templates(folder):
    lines = []
    for path in sorted(folder.glob("*.jinja")):
        source = path.read_text()
        texts = {name: rendered(source, case) for name, case in CASES.items()}
        golden = {name: None if text is None else [len(text.encode()), f"{fnv1a(text.encode()):016x}"]
                  for name, text in texts.items()}
        lines.append(f"  {json.dumps(path.name)}: {json.dumps(golden)}")
    chats = {name: {"messages": messages, "add_generation_prompt": prompt, "has_tools": tools is not None}
             for name, (messages, prompt, tools) in CHATS.items()}
    (HERE / "templates.json").write_text(
        '{\n "system": ' + json.dumps(SYSTEM, ensure_ascii=False) + ',\n "tools": ' + json.dumps(TOOLS, ensure_ascii=False) +
        ',\n "chats": {\n' +
        ",\n".join(f"  {json.dumps(name)}: {json.dumps(chat, ensure_ascii=False)}" for name, chat in chats.items()) +
        '\n },\n "templates": {\n' + ",\n".join(lines) + "\n }\n}\n")


def write_chats():
    for path in sorted((HERE / "chats").glob("*.jinja")):
        for name, case in CASES.items():
            if case[3] is None:  # these know no tools
                (HERE / "chats" / f"{path.stem}.{name}.txt").write_text(render(path.read_text(), *case))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--templates-only", action="store_true", help="leave strings and vocabularies as they are")
    parser.add_argument("--templates", type=Path, help="folder with published chat templates (*.jinja)")
    arguments = parser.parse_args()
    if arguments.templates_only:
        write_templates(arguments.templates)
        return
    strings = sample_strings(random.Random(20))
    packed = [string.encode() for string in strings]
    (HERE / "strings.bin").write_bytes(struct.pack("<I", len(packed)) +
                                       b"".join(struct.pack("<H", len(data)) + data for data in packed))
    for name, stages in RULES.items():
        write_tokenizer(name, stages, strings)
    write_chats()
    if arguments.templates:
        write_templates(arguments.templates)


if __name__ == "__main__":
    main()
