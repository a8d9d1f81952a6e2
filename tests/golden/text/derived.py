"""3,000 byte strings made of those of strings.bin, so that they need no room: tests/engine/text/golden_vocabulary.cpp makes the same."""

N_DERIVED = 3000
JOINS = [b"", b" ", b"\r\n", b"\n\r\r\n", b"\t", "\u3000".encode(), "\u200d".encode(), b"7", "中".encode(), b"\n\n "]
BROKEN = [b"\xff", b"\xc3", b"\xe4\xbd", b"\xf0\x9f\x91", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"]


def derived_strings(strings):
    """Pairs with something between them; a fifth has bytes that are no UTF-8 there, at the end, or in a character."""
    out = []
    for k in range(N_DERIVED):
        a, b = strings[(k * 7919 + 13) % len(strings)], strings[(k * 6007 + 5) % len(strings)]
        if k % 5 == 0:
            broken = BROKEN[k // 5 % len(BROKEN)]
            cut = len(a) * (k % 7) // 7
            out.append(a[:cut] + broken + a[cut:] + b if k % 10 else a + b + broken)
        else:
            out.append(a + JOINS[k % len(JOINS)] + b)
    return out
